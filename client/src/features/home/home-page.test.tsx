import { screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { admin, adminInside, CLINIC, owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, NO_PHONE } from '../../test/server'

const noModel = {
  model: { is_connected: false, name: null },
  whatsapp: { is_connected: true, phone_number_id: '1055' },
}
const prompts = {
  calls_prompt: '',
  whatsapp_prompt: 'בוואטסאפ',
  version: 4,
  updated_at: '2026-03-01T10:00:00Z',
  updated_by: { id: 2, name: 'נועה ברק', impersonating: true },
}

beforeEach(() => {
  answerWith('get', '/api/business/current/assistant', noModel)
  answerWith('get', '/api/business/current/prompt', prompts)
  answerWith('get', '/api/business/current/leads', { items: [], next: null })
  answerWith('get', '/api/admin/businesses', { items: [], next: null })
})

describe('home', () => {
  it('says plainly that the intake answers while no model is connected', async () => {
    openApp('/', owner)
    const state = await screen.findByTestId('assistant-state')
    expect(state).toHaveTextContent(he.home.intake)
    expect(state).toHaveTextContent(he.home.intakeText)
    expect(state).toHaveTextContent(he.home.ways.whatsapp)
  })

  it('is live with a phone number alone, and leads to what is not connected', async () => {
    answerWith('get', '/api/business/current/assistant', {
      model: { is_connected: true, name: 'gpt' },
      whatsapp: { is_connected: false, phone_number_id: null },
    })
    answerWith('get', '/api/business/current/phone/connection', {
      ...NO_PHONE,
      number: '+97236000000',
    })
    openApp('/', owner)
    const state = await screen.findByTestId('assistant-state')
    expect(state).toHaveTextContent(he.home.live)
    expect(state).toHaveTextContent(he.home.ways.phone)
    expect(screen.getByText('+97236000000')).toBeInTheDocument()
    expect(screen.getByRole('link', { name: he.home.notConnected })).toHaveAttribute(
      'href',
      '/whatsapp',
    )
  })

  it('is not live where there is no way in', async () => {
    answerWith('get', '/api/business/current/assistant', {
      ...noModel,
      whatsapp: { is_connected: false, phone_number_id: null },
    })
    openApp('/', owner)
    const state = await screen.findByTestId('assistant-state')
    expect(state).toHaveTextContent(he.home.notLive)
    expect(state).toHaveTextContent(he.home.ways.none)
  })

  it('names the version that serves, and who saved it', async () => {
    openApp('/', adminInside(600))
    expect(await screen.findByText('גרסה 4')).toBeInTheDocument()
    expect(screen.getByText(/^נשמרה .* על ידי .*נועה ברק/)).toBeInTheDocument()
  })

  it('sends whoever looks after businesses and is in none to choose one', async () => {
    const { router } = openApp('/', admin)
    await waitFor(() => expect(router.state.location.pathname).toBe('/admin/businesses'))
  })

  it('tells an owner whose business is gone whom to ask', async () => {
    openApp('/', { ...owner, tenant: null })
    expect(await screen.findByText(he.noBusiness.noneText)).toBeInTheDocument()
    expect(screen.queryByText(CLINIC.name)).not.toBeInTheDocument()
  })
})
