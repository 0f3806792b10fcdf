import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith } from '../../test/server'

const CALL = '/api/business/current/calls/31'
const call = {
  id: 31,
  conversation_id: 5,
  lead_id: 7,
  direction: 'inbound',
  is_simulated: false,
  contact_phone: '+972501234567',
  contact_name: 'דנה כהן',
  engine: 'gather',
  language: 'he',
  status: 'completed',
  outcome: 'answered',
  end_reason: 'caller_hung_up',
  is_recorded: true,
  started_at: '2026-11-27T10:00:00Z',
  answered_at: '2026-11-27T10:00:02Z',
  ended_at: '2026-11-27T10:01:00Z',
  duration_s: 58,
  summary: 'רצתה תור',
  summary_by: 'assistant',
  outgoing: null,
}
const stored = {
  status: 'stored',
  reason: null,
  duration_s: 58,
  size: 400_000,
  is_at_provider: false,
  deleted_at: null,
  deleted_by: null,
}
const detail = (recording: object | null, more: object = {}) => ({
  call: { ...call, ...more },
  turns: [],
  transfers: [],
  text: null,
  recording,
})

describe('the recording of a call', () => {
  it('is played, and deleted once that was confirmed', async () => {
    const user = userEvent.setup()
    answerWith('get', CALL, detail(stored))
    openApp('/calls/31', owner)
    const audio = await screen.findByTestId('recording-audio')
    expect(audio).toHaveAttribute('src', `${CALL}/recording`)
    const gone = {
      ...stored,
      status: 'deleted',
      size: null,
      deleted_at: '2026-11-27T11:00:00Z',
      deleted_by: 'רון',
    }
    const sent = answerWith('delete', `${CALL}/recording`, detail(gone))
    await user.click(screen.getByTestId('recording-delete'))
    expect(sent).toHaveLength(0)
    await user.click(await screen.findByTestId('confirm'))
    expect(await screen.findByTestId('recording-deleted')).toHaveTextContent('רון')
    expect(sent).toHaveLength(1)
    expect(screen.queryByTestId('recording-audio')).toBeNull()
  })

  it('says of a deleted one when Twilio still has it', async () => {
    const gone = { ...stored, status: 'deleted', deleted_at: '2026-11-27T11:00:00Z' }
    answerWith('get', CALL, detail({ ...gone, deleted_by: 'רון', is_at_provider: true }))
    openApp('/calls/31', owner)
    const told = await screen.findByTestId('recording-deleted')
    expect(told).toHaveTextContent(he.recording.atProvider)
  })

  it('says why it could not be had, and is fetched again', async () => {
    const user = userEvent.setup()
    answerWith('get', CALL, detail({ ...stored, status: 'failed', reason: 'no_room' }))
    openApp('/calls/31', owner)
    const lost = await screen.findByTestId('recording-lost')
    expect(lost).toHaveTextContent(he.attachmentReason.no_room)
    answerWith('post', `${CALL}/recording/fetch`, detail({ ...stored, status: 'waiting' }))
    await user.click(screen.getByTestId('recording-again'))
    expect(await screen.findByText(he.recording.waiting)).toBeInTheDocument()
  })

  it.each([
    [{ is_recorded: false }, he.recording.off],
    [{ answered_at: null }, he.recording.unanswered],
    [{ answered_at: null, end_reason: 'dial_unreported' }, he.recording.untold],
    [{}, he.recording.untold],
    [{ ended_at: null }, he.recording.now],
  ])('says of a call without one why there is none (%o)', async (more, words) => {
    answerWith('get', CALL, detail(null, more))
    openApp('/calls/31', owner)
    expect(await screen.findByTestId('recording')).toHaveTextContent(words)
  })
})
