import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { answerInbox, owned, PATH, reply, TEMPLATES, templates } from '../../test/inbox'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith, server } from '../../test/server'
import { at, conversation, inHours, lead, message } from '../../test/talk'

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
    answerWith('get', `${PATH}/3/messages`, { items: [reply, message], next: null })
    await user.click(screen.getByTestId('send'))
    expect(await screen.findByText(he.messageStatus.pending, { exact: false })).toBeVisible()
    expect(screen.getByTestId('write')).toHaveValue('')
    const bar = await screen.findByTestId('owner')
    await waitFor(() => expect(bar).toHaveAttribute('data-owner', 'person'))
    expect(bar).toHaveTextContent('אורית לוי')
    expect(bar).toHaveTextContent('12')
    expect(sent.map(({ body }) => body)).toMatchObject([{ text: 'כן, מחר' }])
  })

  it('says that a text is longer than can be sent, and sends none', async () => {
    answerInbox()
    openApp('/conversations/3', owner)
    const field = await screen.findByTestId('write')
    fireEvent.change(field, { target: { value: 'א'.repeat(1601) } })
    expect(await screen.findByTestId('too-long')).toHaveTextContent('1,601')
    expect(screen.getByTestId('send')).toBeDisabled()
    fireEvent.change(field, { target: { value: 'א'.repeat(1600) } })
    expect(screen.queryByTestId('too-long')).not.toBeInTheDocument()
    expect(screen.getByTestId('send')).toBeEnabled()
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
    const sent = answerWith('post', `${PATH}/3/hand-back`, conversation)
    const bar = await screen.findByTestId('owner')
    expect(bar).toHaveTextContent('העוזר שותק אחרי הודעה של')
    answerWith('get', `${PATH}/3`, conversation)
    await user.click(screen.getByTestId('hand-back'))
    expect(await screen.findByText(he.conversations.handedBack)).toBeInTheDocument()
    expect(sent).toHaveLength(1)
    expect(screen.getByTestId('owner')).toHaveAttribute('data-owner', 'assistant')
  })

  it('takes no free text once the window is closed, and says so', async () => {
    answerInbox({ ...conversation, window_closes_at: inHours(-1) })
    answerWith('get', TEMPLATES, { ...templates, items: [], failure: 'busy', detail: '4: limit' })
    openApp('/conversations/3', owner)
    expect(await screen.findByTestId('window-closed')).toHaveTextContent(
      he.conversations.windowClosed,
    )
    expect(screen.queryByTestId('write')).not.toBeInTheDocument()
  })

  it('says which prompts it runs on, and is moved to the newest by one click', async () => {
    const user = userEvent.setup()
    answerInbox({ ...conversation, newest_prompt_version: 5 })
    openApp('/conversations/3', owner)
    const moved = { ...conversation, prompt_version: 5, newest_prompt_version: 5 }
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
    answerInbox({ ...conversation, lead_id: 7 })
    answerWith('get', '/api/business/current/leads/7', lead)
    answerWith('get', `${PATH}/3/related`, {
      items: [
        {
          ...conversation,
          id: 9,
          channel: 'simulator',
          last_message: { ...message, text: 'ניסיון' },
        },
      ],
    })
    answerWith('get', `${PATH}/9`, { ...conversation, id: 9, channel: 'simulator' })
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
    const assigned = answerWith('put', `${PATH}/3/assignee`, conversation)
    const noted = answerWith('post', `${PATH}/3/notes`, {
      id: 1,
      author_name: 'אורית לוי',
      text: 'לקוחה ותיקה',
      created_at: at,
    })
    const closed = answerWith('post', `${PATH}/3/close`, conversation)
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
