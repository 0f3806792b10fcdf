import { createEvent, fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { beforeEach, describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith, server, STAGES } from '../../test/server'
import { lead as dana } from '../../test/talk'

const LEADS = '/api/business/current/leads'
const other = { ...dana, id: 9, name: 'דנה', note: 'רוצה תור', source: 'manual' }

/** A server that keeps where the lead stands, and answers each column with what is in it. */
function serveBoard() {
  const leads = [{ ...dana }]
  server.use(
    http.get(`*${LEADS}`, ({ request }) => {
      const status = new URL(request.url).searchParams.get('status')
      return HttpResponse.json({ items: leads.filter((l) => l.status === status), next: null })
    }),
    http.patch(`*${LEADS}/7`, async ({ request }) => {
      const body = (await request.json()) as { status: string }
      leads[0] = { ...dana, ...body }
      return HttpResponse.json(leads[0])
    }),
  )
}

const column = (key: string) => screen.findByTestId(`column-${key}`)

/** What a mouse does, in the events that a browser makes of it. */
function drag(card: HTMLElement, onto: HTMLElement) {
  const dataTransfer = { setData: () => undefined, effectAllowed: '' }
  for (const [kind, where] of [
    ['dragStart', card],
    ['dragOver', onto],
    ['drop', onto],
  ] as const) {
    const made = createEvent[kind](where)
    Object.defineProperty(made, 'dataTransfer', { value: dataTransfer })
    fireEvent(where, made)
  }
}

beforeEach(() => localStorage.setItem('maane.leads.view', 'board'))

describe('the board of leads', () => {
  it('is chosen beside the table, and remembered', async () => {
    localStorage.removeItem('maane.leads.view')
    serveBoard()
    openApp('/leads', owner)
    await userEvent.click(await screen.findByTestId('leads-board'))
    expect(within(await column('new')).getByText(he.leadStatus.new)).toBeInTheDocument()
    expect(screen.getByTestId('count-new')).toHaveTextContent('1')
    expect(localStorage.getItem('maane.leads.view')).toBe('board')
  })

  it('moves a card with the mouse', async () => {
    serveBoard()
    openApp('/leads', owner)
    drag(await screen.findByTestId('card-7'), await column('won'))
    expect(await within(await column('won')).findByText('דנה כהן')).toBeInTheDocument()
    expect(within(await column('new')).queryByText('דנה כהן')).not.toBeInTheDocument()
  })

  it('moves a card with the keyboard, and the focus goes along', async () => {
    const user = userEvent.setup()
    serveBoard()
    openApp('/leads', owner)
    const button = await screen.findByTestId('lead-move-7')
    button.focus()
    await user.keyboard('{Enter}')
    const item = await screen.findByTestId('move-7-contacted')
    item.focus()
    await user.keyboard('{Enter}')
    const there = within(await column('contacted'))
    expect(await there.findByText('דנה כהן')).toBeInTheDocument()
    await waitFor(() => expect(there.getByTestId('lead-move-7')).toHaveFocus())
    await waitFor(() =>
      expect(
        screen.getAllByRole('status').some((s) => s.textContent.includes(he.leadStatus.contacted)),
      ).toBe(true),
    )
  })

  it('puts a card back when the move is refused, and says by whom', async () => {
    serveBoard()
    openApp('/leads', owner)
    const card = await screen.findByTestId('card-7')
    refuseWith('patch', `${LEADS}/7`, 403, 'csrf', 'token_mismatch')
    drag(card, await column('won'))
    expect(await screen.findByRole('alert')).toHaveTextContent('token_mismatch')
    expect(within(await column('new')).getByText('דנה כהן')).toBeInTheDocument()
    expect(within(await column('won')).queryByText('דנה כהן')).not.toBeInTheDocument()
  })

  it('reads each column on with its own cursor', async () => {
    const asked: string[] = []
    server.use(
      http.get(`*${LEADS}`, ({ request }) => {
        const query = new URL(request.url).searchParams
        if (query.get('status') !== 'new') return HttpResponse.json({ items: [], next: null })
        asked.push(query.get('after') ?? '')
        return query.get('after') === null
          ? HttpResponse.json({ items: [dana], next: 'c2' })
          : HttpResponse.json({ items: [other], next: null })
      }),
    )
    openApp('/leads', owner)
    await userEvent.click(await within(await column('new')).findByTestId('load-more'))
    expect(await screen.findByTestId('card-9')).toBeInTheDocument()
    expect(asked).toEqual(['', 'c2'])
  })
})

describe('duplicates', () => {
  it('show both sides and merge into the one that is kept', async () => {
    const user = userEvent.setup()
    localStorage.setItem('maane.leads.view', 'table')
    answerWith('get', LEADS, { items: [dana, other], next: null })
    answerWith('get', `${LEADS}/duplicates`, { items: [{ by: 'phone', leads: [other, dana] }] })
    openApp('/leads', owner)
    await user.click(await screen.findByTestId('duplicates-review'))
    expect(await screen.findByTestId('side-7')).toHaveTextContent('דנה כהן')
    expect(screen.getByTestId('side-9')).toHaveTextContent('רוצה תור')
    refuseWith('post', `${LEADS}/7/merge`, 409, 'conflict', 'note_too_long')
    await user.click(screen.getByTestId('keep-7'))
    const dialog = screen.getByRole('dialog')
    expect(await within(dialog).findByRole('alert')).toHaveTextContent(
      he.errors.why.conflict_note_too_long,
    )
    const sent = answerWith('post', `${LEADS}/7/merge`, dana)
    answerWith('get', `${LEADS}/duplicates`, { items: [] })
    await user.click(screen.getByTestId('keep-7'))
    expect(await screen.findByText(he.leads.noDuplicates)).toBeInTheDocument()
    expect(sent[0]?.body).toEqual({ from: 9 })
  })
})

describe('people who share a number', () => {
  it('are passed over, two at a time', async () => {
    const user = userEvent.setup()
    const third = { ...other, id: 11, name: 'אבי' }
    localStorage.setItem('maane.leads.view', 'table')
    answerWith('get', LEADS, { items: [dana, other, third], next: null })
    answerWith('get', `${LEADS}/duplicates`, {
      items: [{ by: 'phone', leads: [dana, other, third] }],
    })
    openApp('/leads', owner)
    await user.click(await screen.findByTestId('duplicates-review'))
    const shown = () => screen.getAllByTestId(/^side-/).map((side) => side.dataset['testid'])
    expect(await screen.findByTestId('duplicates-previous')).toBeDisabled()
    const pairs = [shown()]
    await user.click(screen.getByTestId('duplicates-next'))
    pairs.push(shown())
    await user.click(screen.getByTestId('duplicates-next'))
    pairs.push(shown())
    expect(pairs).toEqual([
      ['side-7', 'side-9'],
      ['side-7', 'side-11'],
      ['side-9', 'side-11'],
    ])
    expect(screen.getByTestId('duplicates-next')).toBeDisabled()
    const sent = answerWith('post', `${LEADS}/11/merge`, third)
    await user.click(screen.getByTestId('keep-11'))
    await waitFor(() => expect(sent[0]?.body).toEqual({ from: 9 }))
  })
})

describe('a lead that is open', () => {
  it('shows what happened and leads to its conversation', async () => {
    localStorage.setItem('maane.leads.view', 'table')
    answerWith('get', LEADS, { items: [dana], next: null })
    answerWith('get', `${LEADS}/7/conversations`, {
      items: [{ id: 4, channel: 'whatsapp', is_stopped: true, last_message_at: dana.created_at }],
    })
    const event = {
      lead_id: 7,
      fields: [],
      from_status: null,
      from_name: null,
      to_status: null,
      to_name: null,
      merged_lead_id: null,
      impersonating: false,
      at: dana.created_at,
    }
    answerWith('get', `${LEADS}/7`, dana)
    answerWith('get', `${LEADS}/7/history`, {
      items: [
        {
          ...event,
          id: 2,
          kind: 'moved',
          actor: 'אורית',
          from_status: 'new',
          to_status: 's1',
          to_name: 'הצעה',
        },
        { ...event, id: 1, kind: 'created', actor: null },
      ],
      next: null,
    })
    openApp('/leads', owner)
    await userEvent.click(await screen.findByTestId('lead-edit-7'))
    expect(await screen.findByTestId('source-4')).toHaveAttribute('href', '/conversations/4')
    expect(screen.getByTestId('stopped-4')).toHaveTextContent(he.leads.stopped)
    const moved = await screen.findByTestId('history-2')
    expect(moved).toHaveTextContent(he.leadStatus.new)
    expect(moved).toHaveTextContent('הצעה')
    expect(screen.getByTestId('history-1')).toHaveTextContent(he.leads.assistant)
  })
})

describe('the stages', () => {
  it('are renamed, reordered, added and removed with a place for their leads', async () => {
    const user = userEvent.setup()
    localStorage.setItem('maane.leads.view', 'table')
    answerWith('get', LEADS, { items: [dana], next: null })
    openApp('/leads', owner)
    await waitFor(() => expect(screen.getByTestId('lead-stages')).toBeEnabled())
    await user.click(screen.getByTestId('lead-stages'))
    await user.type(await screen.findByTestId('stage-name-won'), 'שילמו')
    await user.click(screen.getByTestId('stage-up-lost'))
    await user.click(screen.getByTestId('stage-remove-new'))
    await user.selectOptions(screen.getByTestId('stage-move-new'), 'qualified')
    await user.click(screen.getByTestId('stage-add'))
    await user.type(screen.getByTestId('stage-name-+0'), 'הצעה')
    const sent = answerWith('put', `${LEADS}/stages`, { items: STAGES })
    await user.click(screen.getByTestId('stages-save'))
    expect(await screen.findByText(he.leads.stagesSaved)).toBeInTheDocument()
    expect(sent[0]?.body).toEqual({
      stages: [
        { key: 'contacted', name: null, kind: 'open' },
        { key: 'qualified', name: null, kind: 'open' },
        { key: 'lost', name: null, kind: 'lost' },
        { key: 'won', name: 'שילמו', kind: 'won' },
        { key: null, name: 'הצעה', kind: 'open' },
      ],
      move_to: { new: 'qualified' },
    })
  })
})
