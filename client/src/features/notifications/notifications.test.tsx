import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { admin, owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'

const ROOT = '/api/business/current/notifications'
const settings = {
  emails: ['dana@example.com'],
  owner_phone: '+972509998877',
  escalate_after_min: 15,
  escalation_email: null,
  has_smtp: true,
  phone_until: null,
}
const told = {
  id: 7,
  kind: 'handed_over',
  conversation_id: 4,
  contact_name: 'רותי',
  contact_phone: '+972501112233',
  is_waiting: true,
  is_read: false,
  escalates_at: null,
  customer_told: null,
  deliveries: [
    {
      way: 'email',
      recipient: 'dana@example.com',
      status: 'failed',
      reason: 'refused',
      detail: '550 No such user',
    },
  ],
  created_at: '2026-11-01T10:00:00Z',
}

function open(path: string, items: unknown[] = [told]) {
  answerWith('get', ROOT, { items, next: null } as never)
  answerWith('get', `${ROOT}/settings`, settings)
  answerWith('get', '/api/business/current/audit', { items: [], next: null })
  return openApp(path, owner)
}

describe('the bell', () => {
  it('counts in the frame and in the title of the tab', async () => {
    answerWith('get', `${ROOT}/unread`, { unread: 3, newest_id: 9 })
    open('/audit')
    expect(await screen.findByTestId('bell-count')).toHaveTextContent('3')
    expect(screen.getByTestId('bell')).toHaveAccessibleName('התראות, 3 שלא נקראו')
    expect(document.title).toBe(`(3) ${he.app.name}`)
  })

  it('counts nothing for who is in no business', async () => {
    answerWith('get', '/api/admin/businesses', { items: [], next: null })
    openApp('/admin/businesses', admin)
    expect(await screen.findByTestId('user-menu')).toBeInTheDocument()
    expect(screen.queryByTestId('bell')).toBeNull()
    expect(document.title).toBe(he.app.name)
  })

  it('opens the conversation of one and marks it as read', async () => {
    const user = userEvent.setup()
    answerWith('get', `${ROOT}/unread`, { unread: 1, newest_id: 7 })
    answerWith('get', '/api/business/current/conversations', { items: [], next: null })
    refuseWith('get', '/api/business/current/conversations/4', 404, 'not_found')
    refuseWith('get', '/api/business/current/conversations/4/messages', 404, 'not_found')
    const read = answerWith('put', `${ROOT}/7/read`, { unread: 0, newest_id: 7 })
    const { router } = open('/audit')
    await user.click(await screen.findByTestId('bell'))
    const item = await screen.findByTestId('notification-7')
    expect(item).toHaveTextContent('550 No such user')
    await user.click(within(item).getByRole('link'))
    await waitFor(() => expect(router.state.location.pathname).toBe('/conversations/4'))
    await waitFor(() => expect(read).toHaveLength(1))
  })

  it('marks all as read up to the newest', async () => {
    const user = userEvent.setup()
    answerWith('get', `${ROOT}/unread`, { unread: 2, newest_id: 7 })
    const read = answerWith('put', `${ROOT}/read`, { unread: 0, newest_id: 7 })
    open('/audit')
    await user.click(await screen.findByTestId('bell'))
    await user.click(await screen.findByTestId('bell-read-all'))
    await waitFor(() => expect(read[0]?.body).toEqual({ notification_id: 7 }))
    await waitFor(() => expect(screen.queryByTestId('bell-count')).toBeNull())
  })
})

describe('who is told', () => {
  it('is saved', async () => {
    const user = userEvent.setup()
    open('/notifications')
    const saved = answerWith('put', `${ROOT}/settings`, settings)
    const emails = await screen.findByTestId('notify-emails')
    expect(screen.getByTestId('phone-window')).toHaveTextContent(he.notifications.phoneClosed)
    await user.type(emails, '\navi@example.com')
    const minutes = screen.getByTestId('notify-minutes')
    await user.clear(minutes)
    await user.type(minutes, '0')
    await user.click(screen.getByTestId('notify-save'))
    expect(await screen.findByText(he.notifications.minutesWrong)).toBeInTheDocument()
    expect(saved).toHaveLength(0)
    await user.clear(minutes)
    await user.type(minutes, '5')
    await user.click(screen.getByTestId('notify-save'))
    expect(await screen.findByText(he.notifications.saved)).toBeInTheDocument()
    expect(saved[0]?.body).toEqual({
      emails: ['dana@example.com', 'avi@example.com'],
      owner_phone: '+972509998877',
      escalate_after_min: 5,
      escalation_email: null,
    })
  })

  it('is named by the server where an address is wrong', async () => {
    const user = userEvent.setup()
    open('/notifications')
    answerWith(
      'put',
      `${ROOT}/settings`,
      {
        error: 'invalid',
        details: [{ path: ['emails', 0], type: 'value_error', message: 'wrong' }],
      },
      { status: 422 },
    )
    await user.click(await screen.findByTestId('notify-save'))
    expect((await screen.findAllByText(he.detail.emails)).length).toBeGreaterThan(0)
  })

  it('is tried with a test e-mail that shows what the server answered', async () => {
    const user = userEvent.setup()
    open('/notifications')
    answerWith('post', `${ROOT}/test-email`, {
      result: 'refused',
      answer: '535 5.7.8 Wrong password',
    })
    await user.click(await screen.findByTestId('test-email'))
    const result = await screen.findByTestId('test-email-result')
    expect(result).toHaveTextContent('535 5.7.8 Wrong password')
    expect(result).toHaveTextContent(he.deliveryReason.refused)
  })

  it('shows what became of each telling', async () => {
    open('/notifications', [{ ...told, kind: 'escalated', customer_told: 'window_closed' }])
    const item = await screen.findByTestId('notification-7')
    expect(item).toHaveTextContent(he.customerTold.window_closed)
    expect(item).toHaveTextContent(he.deliveryReason.refused)
  })
})
