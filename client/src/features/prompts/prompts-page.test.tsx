import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import he from '../../i18n/he.json'
import { CLINIC, owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith, REQUEST_ID } from '../../test/server'
import { countCharacters } from './prompt-editor'

const PROMPT = '/api/business/current/prompt'
const saved = {
  calls_prompt: 'בטלפון',
  whatsapp_prompt: 'בוואטסאפ',
  version: 4,
  updated_at: '2026-03-01T10:00:00Z',
  updated_by: { id: 2, name: 'נועה ברק', impersonating: true },
}
const calls = () => screen.findByTestId('prompt-calls')
const save = () => screen.findByTestId('prompt-save')

beforeEach(() => {
  answerWith('get', PROMPT, saved)
  answerWith('get', '/api/business/current/leads', { items: [], next: null })
})

async function openAndType(text: string) {
  const user = userEvent.setup()
  const app = openApp('/prompts', owner)
  await user.type(await calls(), text)
  return { user, ...app }
}

describe('saving the prompts', () => {
  it('is off while nothing changed, and again when the change is typed away', async () => {
    const { user } = await openAndType('!')
    expect(await save()).toBeEnabled()
    await user.type(await calls(), '{Backspace}')
    expect(await save()).toBeDisabled()
  })

  it('sends both texts and shows which version is live, since when and by whom', async () => {
    const { user } = await openAndType('!')
    const sent = answerWith('put', PROMPT, {
      ...saved,
      calls_prompt: 'בטלפון!',
      version: 5,
      updated_by: { id: 3, name: 'אורית לוי', impersonating: false },
    })
    await user.click(await save())
    const receipt = await screen.findByTestId('prompt-receipt')
    expect(receipt).toHaveTextContent('גרסה 5 בתוקף מאז')
    expect(receipt).toHaveTextContent('12:00')
    expect(receipt).toHaveTextContent('אורית לוי')
    expect(sent[0]?.body).toEqual({ calls_prompt: 'בטלפון!', whatsapp_prompt: 'בוואטסאפ' })
    expect(await save()).toBeDisabled()
  })

  it('says when the text was the same and no version was made', async () => {
    const { user } = await openAndType('!')
    answerWith('put', PROMPT, saved)
    await user.click(await save())
    expect(await screen.findByTestId('prompt-receipt')).toHaveTextContent('זהה לגרסה 4')
  })

  it('counts characters as the server does', () => {
    expect(countCharacters('שלום 😀')).toBe(6)
  })
})

describe('a draft', () => {
  it('survives a refused save, which is shown with its reason and request id', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { user } = await openAndType('!')
    refuseWith('put', PROMPT, 403, 'csrf', 'token_mismatch')
    await user.click(await save())
    const notice = await screen.findByTestId('error-notice')
    expect(notice).toHaveTextContent(he.errors.why.csrf_token_mismatch)
    expect(notice).toHaveTextContent(REQUEST_ID)
    expect(await calls()).toHaveValue('בטלפון!')
    expect(await save()).toBeEnabled()
  })

  it('survives a reload of the page', async () => {
    const { unmount } = await openAndType(' חדש')
    unmount()
    openApp('/prompts', owner)
    expect(await calls()).toHaveValue('בטלפון חדש')
    expect(await screen.findByTestId('draft-restored')).toBeInTheDocument()
  })

  it('is kept apart for each business', async () => {
    const { unmount } = await openAndType(' חדש')
    unmount()
    openApp('/prompts', { ...owner, tenant: { ...CLINIC, id: 2 } })
    expect(await calls()).toHaveValue('בטלפון')
  })

  it('survives the end of the session, through login and back', async () => {
    const { user } = await openAndType('!')
    refuseWith('put', PROMPT, 401, 'unauthenticated')
    await user.click(await save())
    const email = await screen.findByTestId('login-email')
    answerWith('post', '/api/auth/login', owner)
    await user.type(email, 'owner@example.com')
    await user.type(screen.getByTestId('login-password'), 'secret')
    await user.click(screen.getByTestId('login-submit'))
    expect(await calls()).toHaveValue('בטלפון!')
  })

  it('says when somebody else saved a version in between', async () => {
    const { unmount } = await openAndType('!')
    unmount()
    answerWith('get', PROMPT, { ...saved, version: 5, calls_prompt: 'אחר' })
    openApp('/prompts', owner)
    expect(await screen.findByTestId('draft-overtaken')).toHaveTextContent('גרסה 5')
    expect(await calls()).toHaveValue('בטלפון!')
  })
})

describe('leaving with unsaved text', () => {
  it('asks first, and staying keeps the text', async () => {
    const { user, router } = await openAndType('!')
    await user.click(screen.getByRole('link', { name: he.nav.leads }))
    await user.click(await screen.findByRole('button', { name: he.prompts.stay }))
    expect(router.state.location.pathname).toBe('/prompts')
    expect(await calls()).toHaveValue('בטלפון!')
  })

  it('forgets the draft when told to go', async () => {
    const { user, router } = await openAndType('!')
    await user.click(screen.getByRole('link', { name: he.nav.leads }))
    await user.click(await screen.findByTestId('confirm'))
    await waitFor(() => expect(router.state.location.pathname).toBe('/leads'))
    expect(sessionStorage.getItem('maane.draft.prompts.1')).toBeNull()
  })

  it('asks nothing when everything is saved', async () => {
    const user = userEvent.setup()
    const { router } = openApp('/prompts', owner)
    await calls()
    await user.click(screen.getByRole('link', { name: he.nav.leads }))
    await waitFor(() => expect(router.state.location.pathname).toBe('/leads'))
  })

  it('warns when the tab is closed, only while something is unsaved', async () => {
    const isWarned = () => {
      const event = new Event('beforeunload', { cancelable: true })
      window.dispatchEvent(event)
      return event.defaultPrevented
    }
    const { user } = await openAndType('!')
    expect(isWarned()).toBe(true)
    await user.click(await screen.findByTestId('prompt-discard'))
    await waitFor(() => expect(isWarned()).toBe(false))
  })
})
