import { fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'

const PATH = '/api/business/current/privacy/retention'
const forever = { days: null, leads: false, last_night: null }
const some = {
  items: [
    { table: 'messages', count: 1200, has_more: false },
    { table: 'conversations', count: 0, has_more: false },
    { table: 'inbound_events', count: 10000, has_more: true },
  ],
}

describe('how long conversations are kept', () => {
  it('says what would be deleted before it is saved', async () => {
    const user = userEvent.setup()
    answerWith('get', PATH, forever)
    answerWith('get', `${PATH}/preview`, some)
    openApp('/privacy', owner)
    const days = await screen.findByTestId('keep-days')
    expect(screen.getByTestId('keep-save')).toBeDisabled()
    fireEvent.change(days, { target: { value: '90' } })
    const preview = await screen.findByTestId('preview')
    expect(preview).toHaveTextContent(`${he.auditSubject.messages}: 1,200`)
    expect(preview).toHaveTextContent(`${he.auditSubject.inbound_events}: 10,000+`)
    expect(preview).not.toHaveTextContent(he.auditSubject.conversations)
    await user.click(screen.getByTestId('keep-leads'))
    const sent = answerWith('put', PATH, { days: 90, leads: true, last_night: null })
    await waitFor(() => expect(screen.getByTestId('keep-save')).toBeEnabled())
    await user.click(screen.getByTestId('keep-save'))
    expect(await screen.findByTestId('receipt')).toHaveTextContent(he.privacy.saved)
    expect(sent[0]?.body).toEqual({ days: 90, leads: true })
  })

  it('says what the last night deleted, and why a change was refused', async () => {
    const user = userEvent.setup()
    const last_night = { finished_at: '2026-03-01T01:00:00Z', items: some.items.slice(0, 2) }
    answerWith('get', PATH, { days: 30, leads: false, last_night })
    answerWith('get', `${PATH}/preview`, { items: [] })
    openApp('/privacy', owner)
    expect(await screen.findByTestId('last-night')).toHaveTextContent('1,200')
    expect(await screen.findByTestId('preview')).toHaveTextContent(he.privacy.nothing)
    fireEvent.change(screen.getByTestId('keep-days'), { target: { value: 'null' } })
    refuseWith('put', PATH, 403, 'forbidden', 'scope_fail')
    await user.click(screen.getByTestId('keep-save'))
    expect(await screen.findByTestId('error-notice')).toHaveTextContent('scope_fail')
    expect(screen.getByTestId('keep-days')).toHaveValue('null')
  })
})
