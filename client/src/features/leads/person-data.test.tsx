import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith, server } from '../../test/server'
import { lead as dana } from '../../test/talk'

const LEADS = '/api/business/current/leads'
const rows = (table: string, count: number) => ({ table, count, has_more: false })
const held = {
  leads: [dana, { ...dana, id: 9, name: 'דנה מהעבודה' }].map(({ id, name, phone }) => ({
    id,
    name,
    phone,
  })),
  held: [rows('audit_events', 4), rows('messages', 12)],
  erases: [rows('messages', 12), rows('notification_reads', 3), rows('leads', 2)],
}

describe('everything about a person', () => {
  beforeEach(() => {
    answerWith('get', LEADS, { items: [], next: null })
    answerWith('get', `${LEADS}/7`, dana)
    answerWith('get', `${LEADS}/7/history`, { items: [], next: null })
    answerWith('get', `${LEADS}/7/conversations`, { items: [] })
    answerWith('get', `${LEADS}/7/person`, held)
  })

  it('is erased only by typing whom, after saying what goes', async () => {
    const user = userEvent.setup()
    const { router } = openApp('/leads/7', owner)
    await user.click(await screen.findByTestId('person-erase'))
    const gone = await screen.findByTestId('person-gone')
    expect(gone).toHaveTextContent('דנה מהעבודה')
    expect(gone).toHaveTextContent(`${he.auditSubject.messages}: 12`)
    expect(within(gone).getAllByRole('listitem')).toHaveLength(2)
    expect(screen.getByTestId('person-erase-now')).toBeDisabled()
    const refused = {
      error: 'invalid',
      details: [{ path: ['confirmation'], type: 'mismatch', message: 'is neither' }],
    }
    answerWith('post', `${LEADS}/7/person/erase`, refused, { status: 422 })
    await user.type(screen.getByTestId('person-confirm'), 'דינה')
    await user.click(screen.getByTestId('person-erase-now'))
    expect(await screen.findByText(he.detail.mismatch)).toBeInTheDocument()
    expect(screen.getByTestId('person-confirm')).toHaveValue('דינה')
    const sent = answerWith('post', `${LEADS}/7/person/erase`, { items: held.erases })
    await user.clear(screen.getByTestId('person-confirm'))
    await user.type(screen.getByTestId('person-confirm'), 'דנה כהן{Enter}')
    expect(await screen.findByTestId('receipt')).toHaveTextContent(he.person.erased)
    expect(sent[0]?.body).toEqual({ confirmation: 'דנה כהן' })
    await waitFor(() => expect(router.state.location.pathname).toBe('/leads'))
  })

  it('says why it cannot be erased', async () => {
    const user = userEvent.setup()
    refuseWith('get', `${LEADS}/7/person`, 409, 'conflict', 'too_many_people')
    openApp('/leads/7', owner)
    await user.click(await screen.findByTestId('person-erase'))
    expect(await screen.findByTestId('error-notice')).toHaveTextContent(
      he.errors.why.conflict_too_many_people,
    )
    await user.type(screen.getByTestId('person-confirm'), 'דנה כהן')
    expect(screen.getByTestId('person-erase-now')).toBeDisabled()
  })

  it('is downloaded under the name that the server gave', async () => {
    const user = userEvent.setup()
    const headers = {
      'Content-Type': 'application/zip',
      'Content-Disposition': 'attachment; filename="person-7.zip"',
    }
    server.use(http.post(`*${LEADS}/7/person/export`, () => new HttpResponse('PK', { headers })))
    const saved: string[] = []
    URL.createObjectURL = () => 'blob:person'
    URL.revokeObjectURL = () => undefined
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      saved.push(this.download)
    })
    openApp('/leads/7', owner)
    await user.click(await screen.findByTestId('person-export'))
    await waitFor(() => expect(saved).toEqual(['person-7.zip']))
  })
})
