import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'

const PATH = '/api/business/current/appointments'
const booked = {
  id: 4,
  starts_at: '2026-11-30T08:00:00Z',
  ends_at: '2026-11-30T08:30:00Z',
  status: 'booked',
  name: 'רותי לוי',
  phone: '+972507654321',
  note: 'צבע',
  lead_id: 3,
  conversation_id: 9,
  made_by: 'assistant',
  made_by_name: null,
  created_at: '2026-11-27T08:00:00Z',
  cancelled_at: null,
  cancelled_by: null,
  cancelled_by_name: null,
}
const list = (...items: unknown[]) => ({
  items: items as (typeof booked)[],
  day: '2026-11-29',
  days: 7,
  timezone: 'Asia/Jerusalem',
  is_cut: false,
})
const none = { week: [[], [], [], [], [], [], []], updated_at: null, is_offered: false }
const rules = {
  length_min: 30,
  notice_min: 120,
  ahead_days: 30,
  capacity: 1,
  timezone: 'Asia/Jerusalem',
}

describe('appointments', () => {
  it('stand under their day, on the clock of the business, with the ways to whom they are of', async () => {
    answerWith('get', PATH, list(booked))
    openApp('/appointments', owner)
    const day = await screen.findByTestId('appointments-2026-11-30')
    const row = within(day).getByTestId('appointment-4')
    expect(row).toHaveTextContent('10:00–10:30')
    expect(row).toHaveTextContent('רותי לוי')
    expect(row).toHaveTextContent(he.appointments.byAssistant)
    expect(within(row).getByText(he.appointments.toLead)).toHaveAttribute('href', '/leads/3')
    expect(within(row).getByText(he.appointments.toConversation)).toHaveAttribute(
      'href',
      '/conversations/9',
    )
  })

  it('are cancelled after a question that says nobody is told', async () => {
    const user = userEvent.setup()
    answerWith('get', PATH, list(booked))
    const sent = answerWith('post', `${PATH}/4/cancel`, { ...booked, status: 'cancelled' })
    openApp('/appointments', owner)
    await user.click(await screen.findByTestId('appointment-cancel-4'))
    expect(await screen.findByText(/הלקוח לא מקבל על כך הודעה/)).toBeInTheDocument()
    await user.click(screen.getByTestId('confirm'))
    expect(await screen.findByText(he.appointments.cancelled)).toBeInTheDocument()
    expect(sent).toHaveLength(1)
  })

  it('are booked at a free time of the day', async () => {
    const user = userEvent.setup()
    answerWith('get', PATH, list())
    answerWith('get', `${PATH}/availability`, { ...rules, ...none })
    answerWith('get', `${PATH}/free`, { day: '2026-11-30', times: ['09:00', '09:30'] })
    const sent = answerWith('post', PATH, booked, { status: 201 })
    openApp('/appointments', owner)
    await user.click(await screen.findByTestId('appointment-create'))
    await user.click(await screen.findByTestId('appointment-save'))
    expect(await screen.findByText(he.appointments.timeMissing)).toBeInTheDocument()
    expect(screen.getByText(he.appointments.nameMissing)).toBeInTheDocument()
    await user.click(await screen.findByTestId('free-09:30'))
    await user.type(screen.getByTestId('appointment-name'), 'רותי')
    await user.click(screen.getByTestId('appointment-save'))
    expect(await screen.findByText(he.appointments.booked)).toBeInTheDocument()
    expect(sent[0]?.body).toMatchObject({ time: '09:30', name: 'רותי', lead_id: null })
  })

  it('say that somebody was faster, and keep what was written', async () => {
    const user = userEvent.setup()
    answerWith('get', PATH, list())
    answerWith('get', `${PATH}/availability`, { ...rules, ...none })
    answerWith('get', `${PATH}/free`, { day: '2026-11-30', times: ['09:00'] })
    answerWith('get', '/api/business/current/leads/3', {
      id: 3,
      name: 'מיכל',
      phone: null,
      email: null,
      note: '',
      status: 'new',
      source: 'manual',
      created_at: '2026-03-01T10:00:00Z',
      updated_at: '2026-03-01T10:00:00Z',
    })
    refuseWith('post', PATH, 409, 'conflict', 'taken')
    openApp('/appointments?lead=3', owner)
    expect(await screen.findByText(/מיכל/)).toBeInTheDocument()
    await user.click(await screen.findByTestId('free-09:00'))
    await user.click(screen.getByTestId('appointment-save'))
    expect(await screen.findByRole('alert')).toHaveTextContent(he.errors.why.conflict_taken)
    expect(screen.getByTestId('appointment-time')).toHaveValue('09:00')
  })
})

describe('the week of times', () => {
  it('is made day by day, a day as the one before, and saved at once', async () => {
    const user = userEvent.setup()
    answerWith('get', `${PATH}/availability`, { ...rules, ...none })
    const sent = answerWith('put', `${PATH}/availability`, { ...rules, ...none })
    openApp('/appointments?tab=times', owner)
    await user.click(await screen.findByTestId('add-0'))
    expect(screen.getByTestId('opens-0-0')).toHaveValue('09:00')
    await user.click(screen.getByTestId('same-1'))
    await user.selectOptions(screen.getByTestId('availability-length'), '45')
    answerWith('get', `${PATH}/availability`, { ...rules, ...none, updated_at: booked.created_at })
    await user.click(screen.getByTestId('availability-save'))
    expect(await screen.findByText(he.appointments.saved)).toBeInTheDocument()
    const hours = [{ opens: '09:00', closes: '17:00' }]
    expect(sent[0]?.body).toEqual({
      week: [hours, hours, [], [], [], [], []],
      length_min: 45,
      notice_min: 120,
      ahead_days: 30,
      capacity: 1,
    })
  })

  it('is not sent while it cannot be one', async () => {
    const user = userEvent.setup()
    const hours = [{ opens: '09:00', closes: '12:00' }]
    answerWith('get', `${PATH}/availability`, {
      ...rules,
      ...none,
      week: [hours, [], [], [], [], [], []],
    })
    const sent = answerWith('put', `${PATH}/availability`, { ...rules, ...none })
    openApp('/appointments?tab=times', owner)
    await user.click(await screen.findByTestId('add-0'))
    expect(await screen.findByText(he.week.fault.order)).toBeInTheDocument()
    await user.type(screen.getByTestId('closes-0-1'), '12:20')
    expect(await screen.findByText(he.week.fault.short)).toBeInTheDocument()
    await user.click(screen.getByTestId('availability-save'))
    await user.click(screen.getByTestId('remove-0-1'))
    await user.clear(screen.getByTestId('availability-capacity'))
    await user.click(screen.getByTestId('availability-save'))
    expect(sent).toHaveLength(0)
    await user.type(screen.getByTestId('availability-capacity'), '2')
    await user.click(screen.getByTestId('availability-save'))
    await waitFor(() => expect(sent).toHaveLength(1))
  })
})
