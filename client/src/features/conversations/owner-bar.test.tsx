import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owned, PATH, reply } from '../../test/inbox'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith } from '../../test/server'
import { at, inHours } from '../../test/talk'

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

  it('says that the business is closed, and until when', async () => {
    answerWith('get', PATH, { items: [], next: null })
    answerWith('get', `${PATH}/3`, silent('away', null, inHours(30)))
    openApp('/conversations/3', owner)
    expect(await screen.findByTestId('silence')).toHaveTextContent(/העסק סגור.*עד הפתיחה \(/)
    expect(screen.getByTestId('hand-back')).toBeEnabled()
  })

  it('says that no opening is in sight', async () => {
    answerWith('get', PATH, { items: [], next: null })
    answerWith('get', `${PATH}/3`, silent('away', null, null))
    openApp('/conversations/3', owner)
    expect(await screen.findByText(he.conversations.silentAwayNoEnd)).toBeInTheDocument()
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
