import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp, show } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'
import { AddressCheck } from './address-check'
import { PhoneSettingsForm } from './phone-settings'
import type { Schemas } from '../../http'
import type { Call, CallTurn, PhoneSettings } from './queries'

const PHONE = '/api/business/current/phone'
const CALLS = '/api/business/current/calls'
const at = '2026-03-01T10:00:00Z'

const call: Call = {
  id: 4,
  conversation_id: 8,
  lead_id: 2,
  direction: 'inbound',
  is_simulated: false,
  contact_phone: '+972502345678',
  contact_name: 'רותי',
  engine: 'gather',
  language: 'he',
  status: 'completed',
  outcome: 'message_taken',
  end_reason: 'caller_hung_up',
  is_recorded: false,
  started_at: at,
  answered_at: at,
  ended_at: at,
  duration_s: 67,
  summary: 'רותי ביקשה שיחזרו אליה.',
  summary_by: 'assistant',
  outgoing: null,
}
const lost: Call = {
  ...call,
  id: 5,
  is_simulated: true,
  outcome: 'missed',
  end_reason: 'lost',
  contact_name: null,
  summary: null,
  summary_by: null,
}
const turn: CallTurn = {
  step: 1,
  kind: 'speech',
  heard: 'תחזרו אליי',
  is_partial: false,
  confidence_percent: 91,
  said: 'תודה, נחזור אלייך היום או מחר.',
  said_by: 'assistant',
  is_said: true,
  spoken: 'תודה, נחזור',
  heard_at: at,
  waits: 1,
  first_token_ms: 900,
  first_audio_ms: 1200,
  model_ms: 800,
  tools_ms: 100,
  tools: ['save_lead'],
}
const detail: Schemas['CallDetail'] = {
  call,
  turns: [turn],
  transfers: [],
  text: null,
  recording: null,
}
const chosen: PhoneSettings['chosen'] = {
  engine: 'gather',
  language: null,
  greeting: '',
  is_recorded: false,
  say_language: null,
  voice: null,
  hear_language: null,
  speech_model: null,
  speech_timeout_s: null,
  hints: '',
}
const settings: PhoneSettings = {
  chosen,
  preset: {
    language: 'he',
    greeting: 'שלום, הגעתם אל {business}.',
    say_language: 'he-IL',
    voice: 'Google.he-IL-Wavenet-A',
    hear_language: 'he',
    speech_model: 'deepgram_nova-3',
    speech_timeout_s: 2,
  },
  first_words: 'שלום, הגעתם אל מספרת דנה.',
}
const connection = {
  number: '+97236123456',
  account_sid: `AC${'a'.repeat(32)}`,
  connected_at: at,
  webhooks: {
    call: 'https://maane.example.com/webhook/twilio/voice?language=he',
    fallback: 'https://maane.example.com/webhook/twilio/voice/fallback?language=he',
    status: 'https://maane.example.com/webhook/twilio/voice/status',
  },
  is_reachable: true,
}
function showSettings() {
  answerWith('get', `${PHONE}/connection`, connection)
  show(<PhoneSettingsForm businessId={1} saved={settings} />, owner)
  return userEvent.setup()
}

describe('the calls of a business', () => {
  it('are listed with what became of them, and why nobody was answered', async () => {
    answerWith('get', CALLS, { items: [lost, call], next: null })
    openApp('/calls', owner)
    const missed = await screen.findByTestId('call-5')
    expect(missed).toHaveTextContent(he.calls.outcome.missed)
    expect(missed).toHaveTextContent(he.calls.reason.lost)
    expect(missed).toHaveTextContent(he.channel.simulator)
    const taken = screen.getByTestId('call-4')
    expect(taken).toHaveTextContent('רותי ביקשה שיחזרו אליה.')
    expect(within(taken).getByRole('link')).toHaveAttribute('href', '/calls/4')
  })

  it('show each turn: what was heard of an answer, and where the time went', async () => {
    answerWith('get', `${CALLS}/4`, detail)
    openApp('/calls/4', owner)
    const row = await screen.findByTestId('turn-1')
    expect(row).toHaveTextContent('תחזרו אליי')
    expect(row).toHaveTextContent('תודה, נחזור')
    expect(row).not.toHaveTextContent('היום או מחר')
    expect(row).toHaveTextContent('0.9')
    expect(row).toHaveTextContent('1.2')
    expect(screen.getByTestId('summary')).toHaveTextContent('רותי ביקשה')
  })

  it('show the words that nobody heard', async () => {
    const unheard = { ...turn, is_said: false, spoken: '' }
    answerWith('get', `${CALLS}/4`, { ...detail, turns: [unheard] })
    openApp('/calls/4', owner)
    const row = await screen.findByTestId('turn-1')
    expect(row).toHaveTextContent('תודה, נחזור אלייך היום או מחר.')
    expect(row).toHaveTextContent(he.calls.unsaid)
  })
})

describe('how calls are answered', () => {
  it('is saved with the way that was chosen', async () => {
    const user = showSettings()
    const relay = await screen.findByTestId('engine-relay')
    expect(screen.getByTestId('engine-gather')).toBeChecked()
    expect(screen.getByText(he.phone.engineAbout.relay)).toBeInTheDocument()
    await user.click(relay)
    const saved = answerWith('put', `${PHONE}/settings`, {
      ...settings,
      chosen: { ...chosen, engine: 'relay' },
    })
    await user.click(screen.getByTestId('phone-save'))
    expect(await screen.findByText(he.phone.saved)).toBeInTheDocument()
    expect(saved[0]?.body).toEqual({ ...chosen, engine: 'relay' })
    expect(screen.getByTestId('engine-relay')).toBeChecked()
  })

  it('says why sockets could not be chosen, and keeps what was typed', async () => {
    const user = showSettings()
    await user.click(await screen.findByTestId('engine-relay'))
    await user.type(screen.getByTestId('phone-greeting'), 'היי')
    refuseWith('put', `${PHONE}/settings`, 409, 'conflict', 'sockets_not_running')
    await user.click(screen.getByTestId('phone-save'))
    expect(await screen.findByRole('alert')).toHaveTextContent(he.phone.socketResult.not_running)
    expect(screen.getByTestId('phone-greeting')).toHaveValue('היי')
    expect(screen.getByTestId('engine-relay')).toBeChecked()
  })

  it('tries a socket before it is chosen', async () => {
    const user = showSettings()
    const address = 'wss://maane.example.com/relay/1'
    answerWith('post', `${PHONE}/check-sockets`, { address, result: 'refused' })
    await user.click(await screen.findByTestId('check-sockets'))
    const result = await screen.findByTestId('sockets-result')
    expect(result).toHaveTextContent(address)
    expect(result).toHaveTextContent('maane voice')
    answerWith('post', `${PHONE}/check-sockets`, { address, result: 'ok' })
    await user.click(screen.getByTestId('check-sockets'))
    await waitFor(() =>
      expect(screen.getByTestId('sockets-result')).toHaveTextContent(he.phone.socketResult.ok),
    )
  })

  it('tells of each address what is wrong with it', async () => {
    const user = userEvent.setup()
    show(<AddressCheck />, owner)
    answerWith('post', `${PHONE}/check`, {
      obstacle: null,
      addresses: [
        { address: connection.webhooks.call, result: 'ok', status: 200 },
        { address: connection.webhooks.status, result: 'signature', status: 403 },
        { address: connection.webhooks.fallback, result: 'error', status: 502 },
      ],
    })
    await user.click(await screen.findByTestId('phone-check'))
    const [first, second, third] = await screen.findAllByTestId('check-result')
    expect(first).toHaveTextContent(he.phone.checkResult.ok)
    expect(second).toHaveTextContent(he.phone.checkResult.signature)
    expect(third).toHaveTextContent('502')
  })
})
