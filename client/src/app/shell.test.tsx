import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import he from '../i18n/he.json'
import { admin, adminInside, CLINIC, owner } from '../test/people'
import { openApp } from '../test/render'
import { answerWith, refuseWith } from '../test/server'

const business = {
  ...CLINIC,
  phone: null,
  status: 'active',
  created_at: '2026-03-01T10:00:00Z',
  updated_at: '2026-03-01T10:00:00Z',
}
const linksOf = async () => {
  const navigation = await screen.findByRole('navigation', { name: he.nav.label })
  return [...navigation.querySelectorAll('a')].map((link) => link.getAttribute('href'))
}
const OF_A_BUSINESS = [
  '/conversations',
  '/calls',
  '/leads',
  '/appointments',
  '/prompts',
  '/facts',
  '/hours',
  '/simulator',
  '/phone',
  '/whatsapp',
  '/notifications',
  '/privacy',
  '/audit',
]

beforeEach(() => {
  answerWith('get', '/api/business/current/audit', { items: [], next: null })
  answerWith('get', '/api/admin/businesses', { items: [business], next: null })
})

describe('the navigation', () => {
  it('offers the owner their business', async () => {
    openApp('/audit', owner)
    expect(await linksOf()).toEqual(['/', ...OF_A_BUSINESS])
  })

  it('offers an admin the businesses', async () => {
    openApp('/admin/businesses', admin)
    expect(await linksOf()).toEqual(['/admin/businesses'])
  })

  it('offers an admin inside a business both', async () => {
    openApp('/audit', adminInside(600))
    expect(await linksOf()).toEqual(['/', ...OF_A_BUSINESS, '/admin/businesses'])
  })
})

describe('a page', () => {
  it('of a business says so to an admin who is in none', async () => {
    openApp('/prompts', admin)
    expect(await screen.findByText(he.noBusiness.title)).toBeInTheDocument()
  })

  it('of the administration says so to an owner', async () => {
    openApp('/admin/businesses', owner)
    expect(await screen.findByText(he.notAllowed.title)).toBeInTheDocument()
  })

  it('that does not exist says so', async () => {
    openApp('/no/such/page', owner)
    expect(await screen.findByText(he.notFound.title)).toBeInTheDocument()
  })

  it.each(['session_missing', 'cookie_missing'])(
    'leads to login once the session is found dead behind a refusal of CSRF, %s',
    async (reason) => {
      vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const user = userEvent.setup()
      const { router } = openApp('/admin/businesses', admin)
      await user.click(await screen.findByTestId('business-create'))
      await user.type(await screen.findByTestId('business-name'), 'חדש')
      refuseWith('post', '/api/admin/businesses', 403, 'csrf', reason)
      refuseWith('get', '/api/auth/me', 401, 'unauthenticated')
      await user.click(screen.getByTestId('business-save'))
      await waitFor(() => expect(router.state.location.pathname).toBe('/login'))
      expect(router.state.location.state).toMatchObject({ from: '/admin/businesses' })
    },
  )
})

describe('entering a business', () => {
  it('asks for a reason, sends it, and opens that business', async () => {
    const user = userEvent.setup()
    answerWith('get', '/api/business/current/assistant', {
      model: { is_connected: false, name: null },
      whatsapp: { is_connected: false, phone_number_id: null },
    })
    answerWith('get', '/api/business/current/leads', { items: [], next: null })
    answerWith('get', '/api/business/current/prompt', {
      calls_prompt: '',
      whatsapp_prompt: '',
      version: 0,
      updated_at: null,
      updated_by: null,
    })
    const { router } = openApp('/admin/businesses', admin)
    await user.click(await screen.findByTestId('business-enter-1'))
    await user.type(await screen.findByTestId('impersonation-reason'), 'עדכון שעות')
    const sent = answerWith('post', '/api/admin/businesses/1/impersonate', adminInside(1800))
    await user.click(screen.getByTestId('impersonate-confirm'))
    expect(await screen.findByTestId('impersonation-banner')).toHaveTextContent(CLINIC.name)
    expect(await screen.findByTestId('assistant-state')).toHaveTextContent(he.home.intakeText)
    expect(router.state.location.pathname).toBe('/')
    expect(sent[0]).toMatchObject({ body: { reason: 'עדכון שעות' }, token: 'token-of-the-page' })
  })
})
