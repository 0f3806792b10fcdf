import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'
import he from '../../i18n/he.json'
import { admin, adminInside, CLINIC, owner } from '../../test/people'
import { openApp, show } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'
import { ImpersonationBanner } from './impersonation-banner'

const STOP = '/api/admin/impersonate/stop'

afterEach(() => vi.useRealTimers())

describe('the impersonation banner', () => {
  it('says who acts, in which business, and why', async () => {
    const me = adminInside(600)
    show(<ImpersonationBanner me={me} />, me)
    const banner = await screen.findByTestId('impersonation-banner')
    expect(banner).toHaveTextContent('נועה ברק')
    expect(banner).toHaveTextContent(CLINIC.name)
    expect(banner).toHaveTextContent('עדכון שעות')
  })

  it('is not there for the owner', () => {
    show(<ImpersonationBanner me={owner} />, owner)
    expect(screen.queryByTestId('impersonation-banner')).not.toBeInTheDocument()
  })

  it('counts down, and at the end says so and asks the server', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    const me = adminInside(62)
    show(<ImpersonationBanner me={me} />, me)
    const left = () => screen.getByTestId('impersonation-left').textContent
    expect(left()).toBe('1:02')
    act(() => vi.advanceTimersByTime(3000))
    expect(left()).toBe('0:59')
    act(() => vi.advanceTimersByTime(60_000))
    expect(screen.queryByTestId('impersonation-left')).not.toBeInTheDocument()
    expect(screen.getByTestId('impersonation-banner')).toHaveTextContent('הסתיימה')
    expect(screen.getByTestId('impersonation-stop')).toHaveTextContent(he.impersonation.return)
  })

  it('says that it has ended when the server ended it before its time', async () => {
    const me = adminInside(600)
    const ended = { ...me, tenant: null, impersonation: { ...me.impersonation, is_active: false } }
    openApp('/prompts', ended)
    expect(await screen.findByTestId('impersonation-banner')).toHaveTextContent('הסתיימה')
    expect(await screen.findByText(he.noBusiness.ended)).toBeInTheDocument()
  })

  it('stops, forgets what was loaded and returns to the businesses', async () => {
    const user = userEvent.setup()
    answerWith('get', '/api/business/current/leads', { items: [], next: null })
    answerWith('get', '/api/admin/businesses', { items: [], next: null })
    const { router, queries } = openApp('/leads', adminInside(600))
    await screen.findByText(he.leads.empty)
    const sent = answerWith('post', STOP, admin)
    await user.click(screen.getByTestId('impersonation-stop'))
    await waitFor(() => expect(router.state.location.pathname).toBe('/admin/businesses'))
    await waitFor(() =>
      expect(screen.queryByTestId('impersonation-banner')).not.toBeInTheDocument(),
    )
    expect(sent[0]?.token).toBe('token-of-the-page')
    expect(queries.getQueriesData({ queryKey: ['leads'] })).toEqual([])
  })

  it('shows why stopping was refused, and stays', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const user = userEvent.setup()
    const me = adminInside(600)
    show(<ImpersonationBanner me={me} />, me)
    refuseWith('post', STOP, 403, 'csrf', 'cross_origin')
    const banner = await screen.findByTestId('impersonation-banner')
    await user.click(screen.getByTestId('impersonation-stop'))
    expect(await within(banner).findByRole('alert')).toHaveTextContent(
      he.errors.why.csrf_cross_origin,
    )
  })
})
