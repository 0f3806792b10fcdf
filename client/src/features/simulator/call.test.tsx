import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { beforeEach, describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith, server } from '../../test/server'
import { shownOf } from './call-lines'
import type { CallLine } from './call-queries'

const CALLS = '/api/business/current/simulator/calls'
const words = he.simulator.call

const chosen = {
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
const settings = {
  chosen,
  preset: {
    language: 'he',
    greeting: 'שלום',
    say_language: 'he-IL',
    voice: 'v',
    hear_language: 'he',
    speech_model: 'default',
    speech_timeout_s: 2,
  },
  first_words: 'שלום',
}

function line(number: number, kind: string, text: string, more: Partial<CallLine> = {}): CallLine {
  return {
    number,
    kind,
    text,
    by_caller: false,
    took_ms: null,
    is_last: true,
    at: '2026-03-01T10:00:00Z',
    ...more,
  }
}

const caller = { by_caller: true }

/** A call whose lines grow; the page asks for those after a number. */
function goingCall() {
  const call = {
    id: 5,
    state: 'going',
    engine: 'gather' as string | null,
    is_listening: true,
    call_id: 9 as number | null,
    reason: null as string | null,
    lines: [line(1, 'says', 'שלום, הגעתם אל מספרת דנה.')],
  }
  server.use(
    http.get(`*${CALLS}/5`, ({ request }) => {
      const after = Number(new URL(request.url).searchParams.get('after') ?? 0)
      return HttpResponse.json({ ...call, lines: call.lines.filter((one) => one.number > after) })
    }),
  )
  const dialled = answerWith(
    'post',
    CALLS,
    { ...call, state: 'ringing', lines: [] },
    { status: 201 },
  )
  const acts = answerWith('post', `${CALLS}/5/acts`, { ...call, lines: [] }, { status: 202 })
  return { call, dialled, acts }
}

async function openCall() {
  const user = userEvent.setup()
  openApp('/simulator', owner)
  await user.click(await screen.findByTestId('simulator-call'))
  return user
}

describe('a simulated call', () => {
  beforeEach(() => {
    answerWith('get', '/api/business/current/assistant', {
      model: { is_connected: true, name: 'm' },
      whatsapp: { is_connected: false, phone_number_id: null },
    })
    answerWith('get', '/api/business/current/conversations', { items: [], next: null })
    answerWith('get', '/api/business/current/phone/settings', settings)
  })

  it('dials, greets, hears what is typed and shows the answer with its time', async () => {
    const { call, dialled, acts } = goingCall()
    const user = await openCall()
    await user.click(await screen.findByTestId('call-dial'))
    expect(dialled[0]?.body).toEqual({ from_phone: '052-555-0101', engine: null })
    expect(await screen.findByText('שלום, הגעתם אל מספרת דנה.')).toBeInTheDocument()
    await user.type(screen.getByTestId('call-words'), 'יש תור?')
    await user.click(screen.getByTestId('call-say'))
    await waitFor(() => expect(screen.getByTestId('call-words')).toHaveValue(''))
    expect(acts.map((one) => one.body)).toContainEqual({ kind: 'speech', text: 'יש תור?' })
    call.lines.push(
      line(2, 'speech', 'יש תור?', caller),
      line(3, 'waits', 'רגע אחד, בבקשה.', { took_ms: 2500 }),
      line(4, 'says', 'כן, מחר ', { took_ms: 3100, is_last: false }),
      line(5, 'says', 'בעשר.'),
    )
    expect(await screen.findByText('כן, מחר בעשר.')).toBeInTheDocument()
    expect(screen.getByTestId('call-waits')).toHaveTextContent('רגע אחד, בבקשה.')
    const took = screen.getAllByTestId('call-took').map((one) => one.textContent)
    expect(took[0]).toContain(words.wait)
    expect(took[1]).toContain('3.1')
  })

  it('tells words while they are typed, so that whoever hangs up on them has said them', async () => {
    const { acts } = goingCall()
    const user = await openCall()
    await user.click(await screen.findByTestId('call-dial'))
    await user.type(await screen.findByTestId('call-words'), 'תגידו לדנה')
    await waitFor(() => expect(acts.at(-1)?.body).toEqual({ kind: 'partial', text: 'תגידו לדנה' }))
    await user.click(screen.getByTestId('call-hang-up'))
    await waitFor(() => expect(acts.at(-1)?.body).toEqual({ kind: 'hang_up', text: '' }))
  })

  it('presses keys, is silent, and waits while nobody listens', async () => {
    const { call, acts } = goingCall()
    const user = await openCall()
    await user.click(await screen.findByTestId('call-dial'))
    await user.click(await screen.findByTestId('call-keypad'))
    await user.type(screen.getByTestId('call-keys-field'), 'a12')
    await user.click(screen.getByRole('button', { name: '#' }))
    await user.click(screen.getByTestId('call-keys-send'))
    await waitFor(() => expect(acts.at(-1)?.body).toEqual({ kind: 'keys', text: '12#' }))
    await user.click(screen.getByTestId('call-be-silent'))
    await waitFor(() => expect(acts.at(-1)?.body).toEqual({ kind: 'silence', text: '' }))
    call.is_listening = false
    await waitFor(() => expect(screen.getByTestId('call-be-silent')).toBeDisabled())
    await user.type(screen.getByTestId('call-words'), 'ועוד')
    expect(screen.getByTestId('call-say')).toBeDisabled()
  })

  it('speaks over what is said by a socket, and tells how much was heard', async () => {
    const { call, acts } = goingCall()
    call.engine = 'relay'
    const user = await openCall()
    await user.click(await screen.findByTestId('call-dial'))
    await user.click(await screen.findByTestId('call-interrupt-now'))
    await waitFor(() => expect(acts).toHaveLength(1))
    const told = acts[0]?.body as { kind: string; text: string }
    expect(told.kind).toBe('interrupt')
    expect('שלום, הגעתם אל מספרת דנה.'.startsWith(told.text)).toBe(true)
    expect(screen.queryByTestId('call-be-silent')).not.toBeInTheDocument()
  })

  it('says why a call failed and calls again; an ended one leads to its page', async () => {
    const { call, dialled } = goingCall()
    const user = await openCall()
    await user.click(await screen.findByTestId('call-dial'))
    await screen.findByTestId('call-words')
    call.lines.push(line(2, 'failed', 'socket_unreachable'))
    Object.assign(call, { state: 'failed', reason: 'socket_unreachable', is_listening: false })
    expect(await screen.findByTestId('call-failure')).toHaveTextContent(
      words.failed.socket_unreachable,
    )
    expect(screen.getByTestId('call-details')).toHaveAttribute('href', '/calls/9')
    await user.click(screen.getByTestId('call-again'))
    await waitFor(() => expect(dialled).toHaveLength(2))
  })

  it('shows a refusal to dial in words', async () => {
    refuseWith('post', CALLS, 409, 'conflict', 'too_many_calls')
    const user = await openCall()
    await user.click(await screen.findByTestId('call-dial'))
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'כבר מתנהלות שלוש שיחות ניסיון של העסק הזה.',
    )
  })
})

describe('lines of a call', () => {
  it('puts pieces together, whatever comes between, and leaves out what is not to be seen', () => {
    const shown = shownOf([
      line(1, 'listens', ''),
      line(2, 'partial', 'יש', caller),
      line(3, 'says', 'כן ', { is_last: false, took_ms: 90 }),
      line(4, 'interrupt', 'כן', caller),
      line(5, 'says', ''),
      line(6, 'says', ' '),
      line(7, 'dials', '+972501234567'),
    ])
    expect(shown.map((one) => [one.kind, one.text.trim()])).toEqual([
      ['says', 'כן'],
      ['interrupt', 'כן'],
      ['dials', '+972501234567'],
    ])
  })
})
