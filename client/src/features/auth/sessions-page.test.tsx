import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'
import { deviceOf } from './user-agent'

const here = {
  id: 1,
  created_at: '2026-03-01T10:00:00Z',
  expires_at: '2026-03-15T10:00:00Z',
  user_agent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36',
  remote_address: '192.0.2.7',
  is_current: true,
}
const phone = {
  ...here,
  id: 2,
  user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1',
  is_current: false,
}

describe('the sessions of an account', () => {
  it('lists devices in words, and ends another one after asking', async () => {
    answerWith('get', '/api/auth/sessions', { items: [here, phone], next: null })
    const sent = answerWith('delete', '/api/auth/sessions/2', { deleted: true, id: 2 })
    openApp('/account/sessions', owner)
    const row = await screen.findByTestId('session-2')
    expect(row).toHaveTextContent('Safari, iOS')
    expect(row).toHaveTextContent('192.0.2.7')
    expect(screen.getByTestId('session-1')).toHaveTextContent(he.sessions.current)
    expect(screen.queryByTestId('end-1')).toBeNull()
    await userEvent.click(screen.getByTestId('end-2'))
    answerWith('get', '/api/auth/sessions', { items: [here], next: null })
    await userEvent.click(await screen.findByTestId('confirm'))
    await waitFor(() => expect(screen.queryByTestId('session-2')).toBeNull())
    expect(sent).toHaveLength(1)
    expect(sent[0]?.token).not.toBeNull()
  })

  it('shows in the dialog why ending one was refused', async () => {
    answerWith('get', '/api/auth/sessions', { items: [here, phone], next: null })
    refuseWith('delete', '/api/auth/sessions/2', 403, 'csrf', 'token_mismatch')
    openApp('/account/sessions', owner)
    await userEvent.click(await screen.findByTestId('end-2'))
    await userEvent.click(await screen.findByTestId('confirm'))
    expect(await screen.findByRole('alert')).toHaveTextContent('token_mismatch')
  })

  it('names what is no browser by its first word', () => {
    expect(deviceOf('curl/8.9.1')).toBe('curl/8.9.1')
    expect(deviceOf('')).toBe('')
  })
})
