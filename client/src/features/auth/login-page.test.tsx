import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'

const LOGIN = '/api/auth/login'

async function signIn(email: string, password: string) {
  const user = userEvent.setup()
  await user.type(await screen.findByTestId('login-email'), email)
  await user.type(screen.getByTestId('login-password'), password)
  await user.click(screen.getByTestId('login-submit'))
}

describe('login', () => {
  it('signs in, fetches a token once, and returns to the page that was asked for', async () => {
    answerWith('get', '/api/business/current/leads', { items: [], next: null })
    const { router } = openApp('/leads', null)
    const logins = answerWith('post', LOGIN, owner)
    const tokens = answerWith('get', '/api/auth/csrf', { csrfToken: 'new' })
    await signIn(' owner@example.com ', 'secret')
    expect(await screen.findByText(he.leads.empty)).toBeInTheDocument()
    expect(router.state.location.pathname).toBe('/leads')
    expect(logins[0]?.body).toEqual({ email: 'owner@example.com', password: 'secret' })
    expect(tokens).toHaveLength(1)
  })

  it('says in words that the password is wrong, and keeps what was typed', async () => {
    openApp('/login', null)
    refuseWith('post', LOGIN, 401, 'invalid_credentials')
    await signIn('owner@example.com', 'wrong')
    expect(await screen.findByRole('alert')).toHaveTextContent(he.errors.why.invalid_credentials)
    expect(screen.getByTestId('login-email')).toHaveValue('owner@example.com')
  })

  it('asks for what is missing and sends nothing', async () => {
    const user = userEvent.setup()
    openApp('/login', null)
    const sent = answerWith('post', LOGIN, owner)
    await user.click(await screen.findByTestId('login-submit'))
    expect(await screen.findByText(he.login.emailMissing)).toBeInTheDocument()
    expect(screen.getByText(he.login.passwordMissing)).toBeInTheDocument()
    expect(sent).toHaveLength(0)
  })

  it('switches the language there and then', async () => {
    const user = userEvent.setup()
    openApp('/login', null)
    await user.type(await screen.findByTestId('login-email'), 'typed')
    await user.click(screen.getByTestId('language-switch'))
    expect(await screen.findByText('Sign in to Maane')).toBeInTheDocument()
    expect(document.documentElement.dir).toBe('ltr')
    expect(screen.getByTestId('login-email')).toHaveValue('typed')
  })
})

describe('signing out', () => {
  it('forgets the drafts and opens login without a way back', async () => {
    const user = userEvent.setup()
    sessionStorage.setItem('maane.draft.prompts.1', '{}')
    answerWith('get', '/api/business/current/leads', { items: [], next: null })
    const { router } = openApp('/leads', owner)
    answerWith('post', '/api/auth/logout', { signed_out: true })
    await user.click(await screen.findByTestId('user-menu'))
    await user.click(await screen.findByTestId('sign-out'))
    await waitFor(() => expect(router.state.location.pathname).toBe('/login'))
    expect(router.state.location.state).not.toHaveProperty('from', '/leads')
    expect(sessionStorage).toHaveLength(0)
  })
})
