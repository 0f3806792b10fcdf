import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'

const SETTINGS = '/api/business/current/whatsapp/settings'
const FAILED = '/api/business/current/events/failed'
const event = {
  id: 5,
  provider: 'meta',
  conversation_id: 9,
  reason: 'not_made' as const,
  retries: 1,
  received_at: '2026-03-01T10:00:00Z',
  failed_at: '2026-03-01T10:05:00Z',
}

describe('WhatsApp of a business', () => {
  it('keeps the pause that was chosen with the keyboard', async () => {
    answerWith('get', SETTINGS, { pause_s: 3 })
    answerWith('get', FAILED, { items: [], next: null })
    const sent = answerWith('put', SETTINGS, { pause_s: 4 })
    openApp('/whatsapp', owner)
    const thumb = await screen.findByRole('slider', { name: he.whatsapp.pause })
    expect(screen.getByTestId('pause-save')).toBeDisabled()
    thumb.focus()
    await userEvent.keyboard('{ArrowUp}')
    await userEvent.click(screen.getByTestId('pause-save'))
    expect(await screen.findByText(he.whatsapp.saved)).toBeInTheDocument()
    expect(sent[0]?.body).toEqual({ pause_s: 4 })
  })

  it('runs a failed message again, and takes it off the list', async () => {
    answerWith('get', SETTINGS, { pause_s: 3 })
    answerWith('get', FAILED, { items: [event], next: null })
    const sent = answerWith('post', '/api/business/current/events/5/retry', { id: 5 })
    openApp('/whatsapp', owner)
    expect(await screen.findByTestId('failed-5')).toHaveTextContent(he.failure.not_made)
    answerWith('get', FAILED, { items: [], next: null })
    await userEvent.click(screen.getByTestId('retry-5'))
    await waitFor(() => expect(screen.queryByTestId('failed-5')).toBeNull())
    expect(await screen.findByText(he.whatsapp.running)).toBeInTheDocument()
    expect(sent).toHaveLength(1)
  })

  it('says why running it again was refused', async () => {
    answerWith('get', SETTINGS, { pause_s: 3 })
    answerWith('get', FAILED, { items: [event], next: null })
    refuseWith('post', '/api/business/current/events/5/retry', 409, 'conflict', 'not_failed')
    openApp('/whatsapp', owner)
    await userEvent.click(await screen.findByTestId('retry-5'))
    const notice = await screen.findByRole('alert')
    expect(notice).toHaveTextContent(he.errors.why.conflict_not_failed)
  })
})
