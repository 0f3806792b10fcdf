import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'

const SETTINGS = '/api/business/current/whatsapp/settings'
const FAILED = '/api/business/current/events/failed'
const CONNECTION = '/api/business/current/whatsapp/connection'
const OPT_OUT = '/api/business/current/whatsapp/opt-out'
const TEST = '/api/business/current/whatsapp/test'
const webhooks = {
  meta: 'https://maane.example.com/webhook/whatsapp',
  twilio: 'https://maane.example.com/webhook/twilio/whatsapp',
}
const nobody = {
  provider: null,
  number: null,
  account_sid: null,
  connected_at: null,
  webhooks,
}
const twilio = {
  provider: 'twilio',
  number: '+97236123456',
  account_sid: 'AC0123456789abcdef0123456789abcdef',
  connected_at: '2026-03-01T10:00:00Z',
  webhooks,
}
const words = {
  out_words: ['הסר', 'Stop'],
  back_words: ['start'],
  default_out_words: ['הסר', 'Stop'],
  default_back_words: ['start'],
}
const noTemplates = {
  items: [],
  synced_at: null,
  failure: null,
  detail: null,
  is_due: false,
  is_connected: false,
  needs_account: false,
}
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
  beforeEach(() => {
    answerWith('get', CONNECTION, nobody)
    answerWith('get', '/api/business/current/whatsapp/templates', noTemplates)
    answerWith('get', OPT_OUT, words)
  })

  it('keeps opt-out words, one on each line, and refuses one that means both', async () => {
    answerWith('get', SETTINGS, { pause_s: 3 })
    answerWith('get', FAILED, { items: [], next: null })
    const sent = answerWith('put', OPT_OUT, { ...words, out_words: ['הסר', 'מספיק'] })
    openApp('/whatsapp', owner)
    const out = await screen.findByLabelText(he.whatsapp.outWords)
    expect(out).toHaveValue('הסר\nStop')
    expect(screen.getByTestId('opt-out-save')).toBeDisabled()
    await userEvent.clear(out)
    expect(screen.getByText(he.whatsapp.noWords)).toBeInTheDocument()
    await userEvent.type(out, 'הסר{enter}START')
    expect(screen.getByText(/מופיעה בשתי הרשימות/)).toBeInTheDocument()
    await userEvent.click(screen.getByTestId('opt-out-save'))
    await userEvent.clear(out)
    await userEvent.type(out, ' הסר {enter}{enter}מספיק{enter}')
    await userEvent.click(screen.getByTestId('opt-out-save'))
    expect(await screen.findByText(he.whatsapp.wordsSaved)).toBeInTheDocument()
    expect(sent.map((one) => one.body)).toEqual([
      { out_words: ['הסר', 'מספיק'], back_words: ['start'] },
    ])
    await userEvent.click(screen.getByTestId('opt-out-default'))
    expect(out).toHaveValue('הסר\nStop')
  })

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

describe('the connection to a provider', () => {
  beforeEach(() => {
    answerWith('get', SETTINGS, { pause_s: 3 })
    answerWith('get', '/api/business/current/whatsapp/templates', noTemplates)
    answerWith('get', FAILED, { items: [], next: null })
  })

  it('takes the credentials of Twilio in and shows none of them', async () => {
    answerWith('get', CONNECTION, nobody)
    const sent = answerWith('put', `${CONNECTION}/twilio`, twilio)
    openApp('/whatsapp', owner)
    const provider = await screen.findByTestId('connection-provider')
    expect(screen.getByTestId('connection-webhook')).toHaveTextContent(webhooks.meta)
    await userEvent.selectOptions(provider, 'twilio')
    expect(screen.getByTestId('connection-webhook')).toHaveTextContent(webhooks.twilio)
    await userEvent.type(screen.getByTestId('connection-account_sid'), ` ${twilio.account_sid}`)
    await userEvent.type(screen.getByTestId('connection-number'), '03-612-3456')
    await userEvent.click(screen.getByTestId('connection-save'))
    expect(sent).toHaveLength(0)
    await userEvent.type(screen.getByTestId('connection-auth_token'), 'hush-hush')
    await userEvent.click(screen.getByTestId('connection-save'))
    expect(await screen.findByText(he.whatsapp.connectedNow)).toBeInTheDocument()
    expect(sent[0]?.body).toEqual({
      account_sid: twilio.account_sid,
      number: '03-612-3456',
      auth_token: 'hush-hush',
    })
    expect(screen.getByTestId('connection-auth_token')).toHaveValue('')
    expect(screen.getByTestId('connection-state')).toHaveTextContent('Twilio')
    expect(screen.getByText(twilio.number)).toBeInTheDocument()
  })

  it('says what was wrong with them', async () => {
    answerWith('get', CONNECTION, nobody)
    answerWith('get', OPT_OUT, words)
    refuseWith('put', `${CONNECTION}/meta`, 409, 'conflict', 'provider_refused')
    openApp('/whatsapp', owner)
    await userEvent.type(await screen.findByTestId('connection-phone_number_id'), '100')
    await userEvent.type(screen.getByTestId('connection-access_token'), 'EAAG')
    await userEvent.click(screen.getByTestId('connection-save'))
    const notice = await screen.findByRole('alert')
    expect(notice).toHaveTextContent(he.errors.why.conflict_provider_refused)
  })

  it('tests the connection and says in words what came of it', async () => {
    answerWith('get', CONNECTION, twilio)
    answerWith('post', TEST, { result: 'ok', name: 'Dana' })
    openApp('/whatsapp', owner)
    await userEvent.click(await screen.findByTestId('connection-test'))
    expect(await screen.findByText(he.whatsapp.testResult.ok)).toBeInTheDocument()
    expect(screen.getByTestId('test-result')).toHaveTextContent('Dana')
    for (const result of ['refused', 'unknown_number', 'unreachable', 'unreadable'] as const) {
      answerWith('post', TEST, { result, name: null })
      await userEvent.click(screen.getByTestId('connection-test'))
      expect(await screen.findByText(he.whatsapp.testResult[result])).toBeInTheDocument()
    }
  })
})
