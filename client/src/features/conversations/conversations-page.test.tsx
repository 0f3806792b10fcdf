import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith, server } from '../../test/server'
import { at, conversation as dana, inHours, message as question } from '../../test/talk'
import type { Conversation } from './queries'

const PATH = '/api/business/current/conversations'
const last = { text: 'יש תור?', kind: null, author: 'customer', status: 'received' }
const lead = {
  id: 7,
  name: 'דנה כהן',
  phone: '+972525550101',
  email: null,
  note: '',
  status: 'contacted',
  source: 'whatsapp',
  created_at: at,
  updated_at: at,
}
const avi = { ...dana, id: 2, contact_name: 'אבי', is_unread: false, is_waiting: true }
const owned: Conversation = {
  ...dana,
  owner: 'person',
  takeover: {
    user_id: 3,
    name: 'אורית לוי',
    reason: 'wrote',
    note: null,
    escalated_at: null,
    started_at: at,
    ends_at: inHours(12),
  },
}
const reply = {
  ...question,
  id: 42,
  direction: 'outbound',
  author: 'person',
  author_name: 'אורית לוי',
  text: 'כן, מחר',
  status: 'pending',
}

/** What the server holds; returns the read markers that were sent. */
function answerInbox(conversation = dana) {
  answerWith('get', PATH, { items: [conversation, avi], next: null })
  answerWith('get', `${PATH}/3`, conversation)
  answerWith('get', `${PATH}/3/messages`, { items: [question], next: null })
  answerWith('get', `${PATH}/3/notes`, { items: [], next: null })
  answerWith('get', `${PATH}/3/related`, { items: [] })
  answerWith('get', '/api/business/current/users', { items: [{ id: 3, name: 'אורית לוי' }] })
  return answerWith('put', `${PATH}/3/read`, { message_id: 41 })
}

const TEMPLATES = '/api/business/current/whatsapp/templates'
const visit = {
  id: 8,
  name: 'visit',
  language: 'he',
  category: 'utility',
  status: 'approved',
  header: 'שלום',
  body: 'היי {{1}}, נתראה',
  footer: '',
  buttons: ['אישור'],
  parameters: [{ name: 'body.1', part: 'body', key: '1', example: 'דנה' }],
  obstacle: null,
  is_sendable: true,
}
const templates = {
  items: [visit, { ...visit, id: 9, name: 'photo', obstacle: 'media_header', is_sendable: false }],
  synced_at: at,
  failure: null as string | null,
  detail: null as string | null,
  is_due: false,
  is_connected: true,
  needs_account: false,
}

describe('templates, once the window is closed', () => {
  const closed = { ...dana, window_closes_at: inHours(-1) }

  it('are chosen, filled in, seen and sent', async () => {
    const user = userEvent.setup()
    answerInbox(closed)
    answerWith('get', TEMPLATES, templates)
    const sent = answerWith('post', `${PATH}/3/templates`, { ...reply, is_template: true })
    openApp('/conversations/3', owner)
    const choice = await screen.findByTestId('template')
    expect(within(choice).getAllByRole('option')).toHaveLength(2)
    await user.selectOptions(choice, '8')
    await user.click(screen.getByTestId('send-template'))
    expect(screen.getByText(he.templates.valueMissing)).toBeInTheDocument()
    expect(sent).toHaveLength(0)
    await user.type(screen.getByTestId('value-body.1'), ' דנה ')
    expect(screen.getByTestId('template-preview')).toHaveTextContent('היי דנה, נתראה')
    await user.click(screen.getByTestId('send-template'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.body).toMatchObject({ template_id: 8, values: { 'body.1': 'דנה' } })
  })

  it('are read anew when they are old, and a refusal is shown with what is left', async () => {
    answerInbox(closed)
    answerWith('get', TEMPLATES, { ...templates, is_due: true })
    const refused = { ...templates, is_due: true, failure: 'refused', detail: '200: denied' }
    const asked = answerWith('post', `${TEMPLATES}/sync`, refused)
    openApp('/conversations/3', owner)
    expect(await screen.findByText('200: denied')).toBeInTheDocument()
    expect(screen.getByText(he.templateFailure.refused)).toBeInTheDocument()
    expect(screen.getByTestId('template')).toBeEnabled()
    expect(asked).toHaveLength(1)
  })
})

describe('the inbox', () => {
  it('shows who is unread, who waits and what was said last', async () => {
    answerInbox()
    openApp('/conversations', owner)
    const row = await screen.findByTestId('conversation-3')
    expect(within(row).getByTestId('unread')).toHaveTextContent(he.conversations.unread)
    expect(row).toHaveTextContent('יש תור?')
    expect(screen.getByTestId('conversation-2')).toHaveTextContent(he.conversations.waiting)
  })

  it('asks for open conversations first, and then by filter and words', async () => {
    const user = userEvent.setup()
    const asked: string[] = []
    server.use(
      http.get(`*${PATH}`, ({ request }) => {
        asked.push(new URL(request.url).search)
        return HttpResponse.json({ items: [], next: null })
      }),
    )
    openApp('/conversations', owner)
    expect(await screen.findByText(he.conversations.empty)).toBeInTheDocument()
    await user.click(screen.getByLabelText(he.conversationFilter.waiting))
    await user.type(screen.getByTestId('search'), 'דנה')
    await waitFor(() => expect(asked.at(-1)).toBe(`?status=waiting&q=${encodeURIComponent('דנה')}`))
    expect(asked[0]).toBe('?status=open&q=')
    expect(await screen.findByText(he.conversations.emptyFiltered)).toBeInTheDocument()
  })

  it('is moved through with the keyboard', async () => {
    const user = userEvent.setup()
    answerInbox()
    const { router } = openApp('/conversations', owner)
    const first = await screen.findByTestId('conversation-3')
    await user.keyboard('j')
    expect(first).toHaveFocus()
    await user.keyboard('{ArrowDown}{ArrowDown}')
    expect(screen.getByTestId('conversation-2')).toHaveFocus()
    await user.keyboard('k{Enter}')
    await waitFor(() => expect(router.state.location.pathname).toBe('/conversations/3'))
    await user.keyboard('/')
    expect(screen.getByTestId('search')).toHaveFocus()
    await user.keyboard('jk')
    expect(screen.getByTestId('search')).toHaveValue('jk')
    await user.keyboard('{Escape}')
    expect(router.state.location.pathname).toBe('/conversations/3')
    await user.keyboard('{Escape}')
    await waitFor(() => expect(router.state.location.pathname).toBe('/conversations'))
  })
})

describe('a conversation', () => {
  it('is read by whoever opens it', async () => {
    const marked = answerInbox()
    openApp('/conversations/3', owner)
    await waitFor(() => expect(marked[0]?.body).toEqual({ message_id: 41 }))
  })

  it('is taken over by writing, once for a message', async () => {
    const user = userEvent.setup()
    answerInbox()
    openApp('/conversations/3', owner)
    const left = await screen.findByTestId('window-left')
    expect(left).toHaveTextContent('12')
    refuseWith('post', `${PATH}/3/messages`, 503, 'unavailable', 'database')
    await user.type(screen.getByTestId('write'), 'כן, מחר{Enter}')
    expect(await screen.findByTestId('error-notice')).toBeInTheDocument()
    expect(screen.getByTestId('write')).toHaveValue('כן, מחר')

    const sent = answerWith('post', `${PATH}/3/messages`, reply, { status: 202 })
    answerWith('get', `${PATH}/3`, owned)
    answerWith('get', `${PATH}/3/messages`, { items: [reply, question], next: null })
    await user.click(screen.getByTestId('send'))
    expect(await screen.findByText(he.messageStatus.pending, { exact: false })).toBeVisible()
    expect(screen.getByTestId('write')).toHaveValue('')
    const bar = await screen.findByTestId('owner')
    await waitFor(() => expect(bar).toHaveAttribute('data-owner', 'person'))
    expect(bar).toHaveTextContent('אורית לוי')
    expect(bar).toHaveTextContent('12')
    expect(sent.map(({ body }) => body)).toMatchObject([{ text: 'כן, מחר' }])
  })

  it('keeps the key of a message that may have been sent', async () => {
    const user = userEvent.setup()
    answerInbox()
    openApp('/conversations/3', owner)
    const keys: unknown[] = []
    server.use(
      http.post(`*${PATH}/3/messages`, async ({ request }) => {
        keys.push(((await request.json()) as { idempotency_key: string }).idempotency_key)
        return keys.length === 2
          ? HttpResponse.json(reply, { status: 202 })
          : HttpResponse.json({ error: 'internal' }, { status: 500 })
      }),
    )
    await user.type(await screen.findByTestId('write'), 'כן{Enter}')
    await screen.findByTestId('error-notice')
    await user.click(screen.getByTestId('send'))
    await waitFor(() => expect(screen.getByTestId('write')).toHaveValue(''))
    await user.type(screen.getByTestId('write'), 'כן{Enter}')
    await waitFor(() => expect(keys).toHaveLength(3))
    expect(keys[0]).toBe(keys[1])
    expect(keys[2]).not.toBe(keys[0])
  })

  it('says why the assistant is silent, and is handed back', async () => {
    const user = userEvent.setup()
    answerInbox(owned)
    openApp('/conversations/3', owner)
    const sent = answerWith('post', `${PATH}/3/hand-back`, dana)
    const bar = await screen.findByTestId('owner')
    expect(bar).toHaveTextContent('העוזר שותק אחרי הודעה של')
    answerWith('get', `${PATH}/3`, dana)
    await user.click(screen.getByTestId('hand-back'))
    expect(await screen.findByText(he.conversations.handedBack)).toBeInTheDocument()
    expect(sent).toHaveLength(1)
    expect(screen.getByTestId('owner')).toHaveAttribute('data-owner', 'assistant')
  })

  it('takes no free text once the window is closed, and says so', async () => {
    answerInbox({ ...dana, window_closes_at: inHours(-1) })
    answerWith('get', TEMPLATES, { ...templates, items: [], failure: 'busy', detail: '4: limit' })
    openApp('/conversations/3', owner)
    expect(await screen.findByTestId('window-closed')).toHaveTextContent(
      he.conversations.windowClosed,
    )
    expect(screen.queryByTestId('write')).not.toBeInTheDocument()
  })

  it('says which prompts it runs on, and is moved to the newest by one click', async () => {
    const user = userEvent.setup()
    answerInbox({ ...dana, newest_prompt_version: 5 })
    openApp('/conversations/3', owner)
    const moved = { ...dana, prompt_version: 5, newest_prompt_version: 5 }
    const sent = answerWith('post', `${PATH}/3/use-newest-prompts`, moved)
    const notice = await screen.findByTestId('pinned-prompts')
    expect(notice).toHaveTextContent('גרסה 1')
    answerWith('get', `${PATH}/3`, moved)
    await user.click(within(notice).getByRole('button', { name: /5/ }))
    await waitFor(() => expect(notice).toHaveTextContent('גרסה 5'))
    expect(sent).toHaveLength(1)
    expect(within(notice).queryByRole('button')).not.toBeInTheDocument()
  })

  it('shows the person beside it: their lead, and their other conversations', async () => {
    const user = userEvent.setup()
    answerInbox({ ...dana, lead_id: 7 })
    answerWith('get', '/api/business/current/leads/7', lead)
    answerWith('get', `${PATH}/3/related`, {
      items: [{ ...dana, id: 9, channel: 'simulator', last_message: { ...last, text: 'ניסיון' } }],
    })
    answerWith('get', `${PATH}/9`, { ...dana, id: 9, channel: 'simulator' })
    const { router } = openApp('/conversations/3', owner)
    const card = await screen.findByTestId('conversation-lead')
    expect(card).toHaveTextContent('דנה כהן')
    expect(card).toHaveTextContent('+972525550101')
    expect(within(card).getByRole('link', { name: he.conversations.toLead })).toHaveAttribute(
      'href',
      '/leads/7',
    )
    const other = await screen.findByTestId('related-9')
    expect(other).toHaveTextContent(he.channel.simulator)
    expect(other).toHaveTextContent('ניסיון')
    await user.click(other)
    await waitFor(() => expect(router.state.location.pathname).toBe('/conversations/9'))
  })

  it('is assigned, noted and closed', async () => {
    const user = userEvent.setup()
    answerInbox()
    openApp('/conversations/3', owner)
    const assigned = answerWith('put', `${PATH}/3/assignee`, dana)
    const noted = answerWith('post', `${PATH}/3/notes`, {
      id: 1,
      author_name: 'אורית לוי',
      text: 'לקוחה ותיקה',
      created_at: at,
    })
    const closed = answerWith('post', `${PATH}/3/close`, dana)
    await screen.findByRole('option', { name: 'אורית לוי' })
    fireEvent.change(screen.getByTestId('assignee'), { target: { value: '3' } })
    await user.type(screen.getByTestId('note'), 'לקוחה ותיקה')
    await user.click(screen.getByTestId('add-note'))
    await waitFor(() => expect(screen.getByTestId('note')).toHaveValue(''))
    await user.click(screen.getByTestId('close'))
    await waitFor(() => expect(closed).toHaveLength(1))
    expect(assigned[0]?.body).toEqual({ user_id: 3 })
    expect(noted[0]?.body).toEqual({ text: 'לקוחה ותיקה' })
  })
})

describe('an assistant that fell silent by itself', () => {
  const silent = (reason: string, note: string | null, ends_at: string | null) => ({
    ...owned,
    takeover: {
      user_id: null,
      name: null,
      reason,
      note,
      escalated_at: null as string | null,
      started_at: at,
      ends_at,
    },
  })

  it('says why it handed over', async () => {
    answerWith('get', PATH, { items: [], next: null })
    answerWith('get', `${PATH}/3`, silent('handed_over', 'רוצה החזר', inHours(12)))
    openApp('/conversations/3', owner)
    expect(await screen.findByTestId('silence-note')).toHaveTextContent('רוצה החזר')
    expect(screen.getByTestId('owner')).toHaveTextContent('העוזר העביר את השיחה')
    expect(screen.getByTestId('hand-back')).toBeEnabled()
  })

  it('says when nobody had come', async () => {
    answerWith('get', PATH, { items: [], next: null })
    const escalated = silent('handed_over', 'מבקש החזר', inHours(12))
    escalated.takeover.escalated_at = at
    answerWith('get', `${PATH}/3`, escalated)
    openApp('/conversations/3', owner)
    expect(await screen.findByTestId('escalated')).toHaveTextContent('איש לא ענה עד')
  })

  it('says that somebody wrote from the phone of the business', async () => {
    answerWith('get', PATH, { items: [], next: null })
    answerWith('get', `${PATH}/3`, silent('wrote_elsewhere', null, inHours(12)))
    const echo = { ...reply, author: 'person', author_name: null, is_echo: true }
    answerWith('get', `${PATH}/3/messages`, { items: [echo], next: null })
    openApp('/conversations/3', owner)
    expect(await screen.findByTestId('owner')).toHaveTextContent('מהטלפון של העסק')
    expect(await screen.findByTestId('message-outbound')).toHaveTextContent(
      'איש צוות מהטלפון של העסק',
    )
  })

  it('has no end where the customer asked for silence', async () => {
    answerWith('get', PATH, { items: [], next: null })
    answerWith('get', `${PATH}/3`, silent('stopped', null, null))
    openApp('/conversations/3', owner)
    expect(await screen.findByText(he.conversations.silentStopped)).toBeInTheDocument()
    expect(screen.getByTestId('opted-out')).toHaveTextContent(he.conversations.writingToStopped)
    expect(screen.queryByTestId('silence-note')).toBeNull()
  })
})
