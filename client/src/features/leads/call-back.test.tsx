import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, CALL_BACK, refuseWith } from '../../test/server'
import { lead as dana } from '../../test/talk'

const LEADS = '/api/business/current/leads'
const CALL = `${LEADS}/7/call-back`
const made = {
  id: 31,
  conversation_id: 5,
  lead_id: 7,
  direction: 'outbound',
  is_simulated: false,
  contact_phone: '+972501234567',
  contact_name: 'דנה כהן',
  engine: 'gather',
  language: 'he',
  status: 'failed',
  outcome: 'failed',
  end_reason: 'provider_country',
  is_recorded: false,
  started_at: '2026-11-27T10:00:00Z',
  answered_at: null,
  ended_at: '2026-11-27T10:00:01Z',
  duration_s: null,
  summary: null,
  summary_by: null,
  outgoing: {
    speaker: 'assistant',
    person_name: null,
    asked_by: 'רון',
    error: 'Account not authorized to call',
    error_code: 21215,
    is_unknown: false,
  },
}

async function openDialog() {
  const user = userEvent.setup()
  const { router } = openApp('/leads/7', owner)
  await user.click(await screen.findByTestId('call-back-open'))
  await screen.findByTestId('call-now')
  return { user, router }
}

describe('calling a lead back', () => {
  beforeEach(() => {
    answerWith('get', LEADS, { items: [], next: null })
    answerWith('get', `${LEADS}/7`, dana)
    answerWith('get', `${LEADS}/7/history`, { items: [], next: null })
    answerWith('get', `${LEADS}/7/conversations`, { items: [] })
    answerWith('get', '/api/business/current/calls/31', {
      call: made,
      turns: [],
      transfers: [],
      text: null,
      recording: null,
    })
  })

  it('is done by the assistant, and the call says what the provider refused', async () => {
    const { user, router } = await openDialog()
    const sent = answerWith(
      'post',
      CALL,
      { call: made, turns: [], transfers: [], text: null, recording: null },
      { status: 201 },
    )
    await user.click(screen.getByTestId('call-now'))
    await waitFor(() => expect(router.state.location.pathname).toBe('/calls/31'))
    expect(sent).toHaveLength(1)
    expect(sent[0]?.body).toMatchObject({ speaker: 'assistant', person_number: null })
    const refused = await screen.findByTestId('outgoing-refused')
    expect(refused).toHaveTextContent(he.calls.reason.provider_country)
    expect(refused).toHaveTextContent(he.calls.reasonTodo.provider_country)
    expect(refused).toHaveTextContent('21215')
    expect(screen.getByTestId('outgoing-note')).toHaveTextContent('רון')
    expect(screen.getByTestId('outgoing')).toHaveTextContent(he.calls.outgoing)
  })

  it('is done by a person, whose own phone is chosen from the settings', async () => {
    const { user } = await openDialog()
    const sent = answerWith(
      'post',
      CALL,
      { call: made, turns: [], transfers: [], text: null, recording: null },
      { status: 201 },
    )
    await user.click(screen.getByTestId('call-by-person'))
    expect(screen.getByTestId('call-person')).toHaveValue('+972522345678')
    await user.click(screen.getByTestId('call-now'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.body).toMatchObject({
      speaker: 'person',
      person_number: '+972522345678',
      despite_opt_out: false,
    })
  })

  it('tries again under the same key, so that a lost answer calls nobody twice', async () => {
    const { user } = await openDialog()
    const first = refuseWith('post', CALL, 503, 'unavailable', 'database')
    await user.click(screen.getByTestId('call-now'))
    await screen.findByTestId('error-notice')
    const second = answerWith(
      'post',
      CALL,
      { call: made, turns: [], transfers: [], text: null, recording: null },
      { status: 201 },
    )
    await user.click(screen.getByTestId('call-now'))
    await waitFor(() => expect(second).toHaveLength(1))
    expect(second[0]?.body).toEqual(first[0]?.body)
  })

  it('is refused with the rule that says so, in words', async () => {
    const { user } = await openDialog()
    refuseWith('post', CALL, 409, 'conflict', 'call_daily_limit')
    await user.click(screen.getByTestId('call-now'))
    expect(await screen.findByTestId('error-notice')).toHaveTextContent(
      he.errors.why.conflict_call_daily_limit,
    )
  })

  it('says beforehand why nobody can be called, and until when', async () => {
    answerWith('get', CALL, {
      ...CALL_BACK,
      obstacle: 'call_quiet_hours',
      quiet_until: '2026-11-28T07:00:00Z',
    })
    openApp('/leads/7', owner)
    const why = await screen.findByTestId('call-back-obstacle')
    expect(why).toHaveTextContent(he.errors.why.conflict_call_quiet_hours)
    expect(why).toHaveTextContent('9:00')
    expect(screen.getByTestId('call-back-open')).toBeDisabled()
  })

  it('is no assistant’s where they asked for silence, and a person says that they mean it', async () => {
    answerWith('get', CALL, { ...CALL_BACK, has_opted_out: true })
    const { user } = await openDialog()
    expect(screen.getByTestId('call-by-assistant')).toBeDisabled()
    expect(screen.getByTestId('call-now')).toBeDisabled()
    const sent = answerWith(
      'post',
      CALL,
      { call: made, turns: [], transfers: [], text: null, recording: null },
      { status: 201 },
    )
    await user.click(screen.getByTestId('call-sure'))
    await user.click(screen.getByTestId('call-now'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.body).toMatchObject({ speaker: 'person', despite_opt_out: true })
  })
})
