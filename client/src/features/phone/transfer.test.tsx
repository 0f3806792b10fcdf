import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { show } from '../../test/render'
import { answerWith } from '../../test/server'
import { OfferedText } from './offered-text'
import { PhoneTransferCard } from './phone-transfer'
import { Transfers } from './transfers'

const PATH = '/api/business/current/phone/transfer'
const dana = { name: 'דנה', phone: '+972542345678', when: 'open' }
const yossi = { name: 'יוסי', phone: '+972522345678', when: 'always' }

function open(people: unknown[], reachable: string[] = []) {
  answerWith('get', PATH, {
    chosen: { people, ring_s: 20 },
    countries: ['IL'],
    reachable_now: reachable,
  } as never)
  show(<PhoneTransferCard businessId={1} />, owner)
}

describe('whom to ring for a caller', () => {
  it('is nobody at first, and says what happens then', async () => {
    open([])
    expect(await screen.findByText(he.transfer.nobody)).toBeInTheDocument()
  })

  it('names those who would be rung now', async () => {
    open([dana, yossi], ['יוסי'])
    expect(await screen.findByTestId('transfer-now')).toHaveTextContent(`${he.transfer.now} יוסי`)
  })

  it('saves people in their order, with the seconds', async () => {
    open([dana, yossi])
    const sent = answerWith('put', PATH, {
      chosen: { people: [yossi, dana], ring_s: 30 },
      countries: ['IL'],
      reachable_now: [],
    })
    const user = userEvent.setup()
    await user.click(await screen.findByTestId('transfer-earlier-1'))
    const seconds = screen.getByTestId('transfer-ring')
    await user.clear(seconds)
    await user.type(seconds, '30')
    await user.click(screen.getByTestId('transfer-save'))
    expect(await screen.findByText(he.transfer.saved)).toBeInTheDocument()
    expect(sent[0]?.body).toEqual({ people: [yossi, dana], ring_s: 30 })
  })

  it('adds and removes a person', async () => {
    open([dana])
    const sent = answerWith('put', PATH, {
      chosen: { people: [], ring_s: 20 },
      countries: ['IL'],
      reachable_now: [],
    })
    const user = userEvent.setup()
    await user.click(await screen.findByTestId('transfer-add'))
    await user.type(screen.getByTestId('transfer-name-1'), 'רותי')
    await user.type(screen.getByTestId('transfer-phone-1'), '052-234-5678')
    await user.selectOptions(screen.getByTestId('transfer-when-1'), 'closed')
    await user.click(screen.getByTestId('transfer-remove-0'))
    await user.click(screen.getByTestId('transfer-save'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.body).toEqual({
      people: [{ name: 'רותי', phone: '052-234-5678', when: 'closed' }],
      ring_s: 20,
    })
  })

  it('shows a refusal beside the number that it is about', async () => {
    open([dana, yossi])
    answerWith(
      'put',
      PATH,
      {
        error: 'invalid',
        details: [{ path: ['people', 1, 'phone'], type: 'number_premium', message: 'x' }],
      },
      { status: 422 },
    )
    const user = userEvent.setup()
    await user.click(await screen.findByTestId('transfer-save'))
    const row = (await screen.findByTestId('transfer-phone-1')).closest('[role="group"]')
    expect(
      await within(row as HTMLElement).findByText(he.detail.number_premium),
    ).toBeInTheDocument()
  })
})

describe('who was rung for a call', () => {
  const one = { ...dana, rung_at: '2026-11-01T10:00:00Z', rang_s: 20, talked_s: null }

  it('says what came of each and for how long', () => {
    const rung = [
      { ...one, number: 1, result: 'declined' as const },
      { ...one, ...yossi, number: 2, result: 'connected' as const, rang_s: 5, talked_s: 73 },
      { ...one, number: 3, result: null, rang_s: null },
    ]
    show(<Transfers rung={rung} timeZone="Asia/Jerusalem" />, owner)
    expect(screen.getByTestId('transfer-result-1')).toHaveTextContent(he.transfer.result.declined)
    const taken = screen.getByTestId('transfer-2')
    expect(taken).toHaveTextContent('יוסי')
    expect(taken).toHaveTextContent(he.transfer.talkedFor.replace('{{time}}', '1:13'))
    expect(screen.getByTestId('transfer-result-3')).toHaveTextContent(he.transfer.ringing)
  })

  it('says nothing where nobody was', () => {
    show(<Transfers rung={[]} timeZone="Asia/Jerusalem" />, owner)
    expect(screen.queryByText(he.transfer.rung)).toBeNull()
  })
})

describe('the text that a caller was offered', () => {
  const text = {
    state: 'delivered' as const,
    way: 'sms' as const,
    error: null,
    detail: null,
    conversation_id: null,
    updated_at: '2026-11-01T10:05:00Z',
  }

  it('says by which way it went and that it arrived', () => {
    show(<OfferedText text={text} timeZone="Asia/Jerusalem" />, owner)
    expect(screen.getByTestId('text-state')).toHaveTextContent(he.callText.state.delivered)
    expect(screen.getByText(he.callText.way.sms)).toBeInTheDocument()
  })

  it('says in words why it was not sent', () => {
    const failed = { ...text, state: 'failed' as const, error: 'not_mobile', detail: '30006' }
    show(<OfferedText text={failed} timeZone="Asia/Jerusalem" />, owner)
    expect(screen.getByRole('alert')).toHaveTextContent(he.callText.error.not_mobile)
    expect(screen.getByRole('alert')).toHaveTextContent('30006')
  })

  it('is none where none was offered', () => {
    show(<OfferedText text={null} timeZone="Asia/Jerusalem" />, owner)
    expect(screen.queryByText(he.callText.title)).toBeNull()
  })
})
