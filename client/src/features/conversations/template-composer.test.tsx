import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { answerInbox, PATH, reply, TEMPLATES, templates } from '../../test/inbox'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith } from '../../test/server'
import { conversation, inHours } from '../../test/talk'

describe('templates, once the window is closed', () => {
  const closed = { ...conversation, window_closes_at: inHours(-1) }

  it('are chosen, filled in, seen and sent', async () => {
    const user = userEvent.setup()
    answerInbox(closed)
    answerWith('get', TEMPLATES, templates)
    const sent = answerWith('post', `${PATH}/3/templates`, { ...reply, is_template: true })
    openApp('/conversations/3', owner)
    const choice = await screen.findByTestId('template')
    expect(within(choice).getAllByRole('option')).toHaveLength(2)
    await user.selectOptions(choice, '8')
    await user.click(screen.getByTestId('send-template'))
    expect(screen.getByText(he.templates.valueMissing)).toBeInTheDocument()
    expect(sent).toHaveLength(0)
    await user.type(screen.getByTestId('value-body.1'), ' דנה ')
    expect(screen.getByTestId('template-preview')).toHaveTextContent('היי דנה, נתראה')
    await user.click(screen.getByTestId('send-template'))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.body).toMatchObject({ template_id: 8, values: { 'body.1': 'דנה' } })
  })

  it('are read anew when they are old, and a refusal is shown with what is left', async () => {
    answerInbox(closed)
    answerWith('get', TEMPLATES, { ...templates, is_due: true })
    const refused = { ...templates, is_due: true, failure: 'refused', detail: '200: denied' }
    const asked = answerWith('post', `${TEMPLATES}/sync`, refused)
    openApp('/conversations/3', owner)
    expect(await screen.findByText('200: denied')).toBeInTheDocument()
    expect(screen.getByText(he.templateFailure.refused)).toBeInTheDocument()
    expect(screen.getByTestId('template')).toBeEnabled()
    expect(asked).toHaveLength(1)
  })
})
