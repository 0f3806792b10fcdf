import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { answerInbox, PATH } from '../../test/inbox'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { server } from '../../test/server'
import { conversation } from '../../test/talk'

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
    expect(screen.getByText(he.conversations.searchedNewest)).toBeInTheDocument()
  })

  it('leads to the closed conversations where no other is left', async () => {
    const user = userEvent.setup()
    server.use(
      http.get(`*${PATH}`, ({ request }) => {
        const isClosed = new URL(request.url).searchParams.get('status') === 'closed'
        return HttpResponse.json({ items: isClosed ? [conversation] : [], next: null })
      }),
    )
    openApp('/conversations', owner)
    expect(await screen.findByText(he.conversations.allClosed)).toBeInTheDocument()
    expect(screen.queryByText(he.conversations.empty)).not.toBeInTheDocument()
    await user.click(screen.getByText(he.conversations.showClosed))
    expect(await screen.findByTestId('conversation-3')).toBeInTheDocument()
  })

  it('does not say that there are none where that is not known', async () => {
    server.use(
      http.get(`*${PATH}`, ({ request }) => {
        const isClosed = new URL(request.url).searchParams.get('status') === 'closed'
        return isClosed
          ? HttpResponse.json({ error: 'unavailable', layer: 'database' }, { status: 503 })
          : HttpResponse.json({ items: [], next: null })
      }),
    )
    openApp('/conversations', owner)
    expect(await screen.findByRole('alert')).toBeInTheDocument()
    expect(screen.queryByText(he.conversations.empty)).not.toBeInTheDocument()
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
