import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { http, HttpResponse } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith, server } from '../../test/server'
import { lead as dana } from '../../test/talk'

const LEADS = '/api/business/current/leads'

describe('leads', () => {
  it('show a phone number from left to right, as a link that calls it', async () => {
    answerWith('get', LEADS, { items: [dana], next: null })
    openApp('/leads', owner)
    const link = within(await screen.findByTestId('lead-7')).getByRole('link')
    expect(link).toHaveAttribute('href', 'tel:+972525550101')
    expect(link.querySelector('bdi')).toHaveAttribute('dir', 'ltr')
  })

  it('have an address each: one opens from it, and closes to the list', async () => {
    const user = userEvent.setup()
    answerWith('get', LEADS, { items: [], next: null })
    answerWith('get', `${LEADS}/7`, dana)
    answerWith('get', `${LEADS}/7/history`, { items: [], next: null })
    answerWith('get', `${LEADS}/7/conversations`, { items: [] })
    const { router } = openApp('/leads/7', owner)
    expect(await screen.findByTestId('lead-name')).toHaveValue('דנה כהן')
    await user.click(screen.getByRole('button', { name: he.common.cancel }))
    await waitFor(() => expect(router.state.location.pathname).toBe('/leads'))
    await waitFor(() => expect(screen.queryByTestId('lead-name')).not.toBeInTheDocument())
  })

  it('that are gone say so', async () => {
    answerWith('get', LEADS, { items: [], next: null })
    refuseWith('get', `${LEADS}/9`, 404, 'not_found')
    openApp('/leads/9', owner)
    expect(await screen.findByTestId('error-notice')).toHaveTextContent(he.errors.why.not_found)
  })

  it('are downloaded as a file under the name that the server gave', async () => {
    const user = userEvent.setup()
    answerWith('get', LEADS, { items: [dana], next: null })
    server.use(
      http.post(
        `*${LEADS}/export`,
        () =>
          new HttpResponse('id,name', {
            headers: {
              'Content-Type': 'text/csv',
              'Content-Disposition': 'attachment; filename="leads-2026-03-01.csv"',
            },
          }),
      ),
    )
    const saved: string[] = []
    URL.createObjectURL = () => 'blob:leads'
    URL.revokeObjectURL = () => undefined
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      saved.push(`${this.href} ${this.download}`)
    })
    openApp('/leads', owner)
    await user.click(await screen.findByTestId('lead-export'))
    await waitFor(() => expect(saved).toEqual(['blob:leads leads-2026-03-01.csv']))
  })

  it('say why a download was refused', async () => {
    answerWith('get', LEADS, { items: [dana], next: null })
    refuseWith('post', `${LEADS}/export`, 403, 'csrf', 'header_missing')
    openApp('/leads', owner)
    await userEvent.click(await screen.findByTestId('lead-export'))
    expect(await screen.findByRole('alert')).toHaveTextContent('header_missing')
  })

  it('are read on with the cursor of the page before', async () => {
    const user = userEvent.setup()
    const cursors: (string | null)[] = []
    server.use(
      http.get(`*${LEADS}`, ({ request }) => {
        const after = new URL(request.url).searchParams.get('after')
        cursors.push(after)
        return after === null
          ? HttpResponse.json({ items: [dana], next: 'cursor-2' })
          : HttpResponse.json({ items: [{ ...dana, id: 6, name: 'אבי' }], next: null })
      }),
    )
    openApp('/leads', owner)
    await user.click(await screen.findByTestId('load-more'))
    expect(await screen.findByText('אבי')).toBeInTheDocument()
    expect(screen.getByText('דנה כהן')).toBeInTheDocument()
    expect(cursors).toEqual([null, 'cursor-2'])
    expect(screen.queryByTestId('load-more')).not.toBeInTheDocument()
  })

  it('are created, with empty fields as null', async () => {
    const user = userEvent.setup()
    answerWith('get', LEADS, { items: [], next: null })
    openApp('/leads', owner)
    await user.click(await screen.findByTestId('lead-create'))
    await user.type(await screen.findByTestId('lead-name'), 'רון')
    const sent = answerWith('post', LEADS, { ...dana, id: 8, name: 'רון' }, { status: 201 })
    await user.click(screen.getByTestId('lead-save'))
    expect(await screen.findByTestId('receipt')).toHaveTextContent(he.leads.created)
    expect(sent[0]?.body).toEqual({
      name: 'רון',
      phone: null,
      email: null,
      note: '',
      status: 'new',
    })
  })

  it('show the fault of a field beside it, and keep what was typed', async () => {
    const user = userEvent.setup()
    answerWith('get', LEADS, { items: [], next: null })
    openApp('/leads', owner)
    await user.click(await screen.findByTestId('lead-create'))
    await user.type(await screen.findByTestId('lead-name'), 'רון')
    await user.type(screen.getByTestId('lead-phone'), 'abc')
    answerWith(
      'post',
      LEADS,
      {
        error: 'invalid',
        details: [{ path: ['phone'], type: 'value_error', message: 'Value error' }],
      },
      { status: 422 },
    )
    await user.click(screen.getByTestId('lead-save'))
    expect(await screen.findByText(he.detail.phone)).toBeInTheDocument()
    expect(screen.getByTestId('lead-phone')).toHaveValue('abc')
    expect(screen.getByTestId('lead-phone')).toBeInvalid()
  })

  it('are deleted only after asking', async () => {
    const user = userEvent.setup()
    answerWith('get', LEADS, { items: [dana], next: null })
    openApp('/leads', owner)
    const sent = answerWith('delete', `${LEADS}/7`, { deleted: true, id: 7 })
    await user.click(await screen.findByTestId('lead-delete-7'))
    const dialog = await screen.findByRole('dialog')
    expect(dialog).toHaveTextContent('דנה כהן')
    expect(sent).toHaveLength(0)
    await user.click(within(dialog).getByTestId('confirm'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(await screen.findByTestId('receipt')).toHaveTextContent(he.leads.deleted)
  })
})
