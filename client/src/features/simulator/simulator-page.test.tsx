import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith } from '../../test/server'

const CONVERSATIONS = '/api/business/current/conversations'
const at = '2026-03-01T10:00:00Z'
const conversation = {
  id: 3,
  channel: 'simulator',
  is_call: false,
  contact_phone: '+972525550101',
  contact_name: null,
  lead_id: null,
  is_echo: false,
  is_template: false,
  prompt_version: 1,
  newest_prompt_version: 1,
  last_message_at: at,
  created_at: at,
}
const question = {
  id: 1,
  direction: 'inbound',
  attachments: [],
  author: 'customer',
  text: 'יש תור?',
  status: 'received',
  error: null,
  created_at: at,
}
const reply = { ...question, id: 2, direction: 'outbound', author: 'intake', text: 'שלום!' }

function answerAssistant(isConnected: boolean) {
  answerWith('get', '/api/business/current/assistant', {
    model: { is_connected: isConnected, name: null },
    whatsapp: { is_connected: false, phone_number_id: null },
  })
}

describe('the simulator', () => {
  it('sends as a customer and shows the answer when it comes', async () => {
    const user = userEvent.setup()
    answerAssistant(true)
    answerWith('get', CONVERSATIONS, { items: [], next: null })
    openApp('/simulator', owner)
    await user.type(await screen.findByTestId('simulator-text'), 'יש תור?')
    const sent = answerWith(
      'post',
      '/api/business/current/simulator/messages',
      { conversation_phone: '+972525550101', event: 'stored' },
      { status: 202 },
    )
    answerWith('get', CONVERSATIONS, { items: [conversation], next: null })
    answerWith('get', `${CONVERSATIONS}/3/messages`, { items: [question], next: null })
    await user.click(screen.getByTestId('simulator-send'))
    expect(await screen.findByText(he.simulator.waiting)).toBeInTheDocument()
    answerWith('get', `${CONVERSATIONS}/3/messages`, { items: [reply, question], next: null })
    await waitFor(() => expect(screen.getByTestId('simulator-reply')).toBeVisible(), {
      timeout: 4000,
    })
    expect(screen.getByTestId('simulator-reply')).toHaveTextContent('שלום!')
    expect(screen.queryByText(he.simulator.waiting)).not.toBeInTheDocument()
    expect(sent[0]?.body).toEqual({ from_phone: '052-555-0101', name: '', text: 'יש תור?' })
    expect(screen.getByTestId('simulator-text')).toHaveValue('')
  })

  it('says plainly that no model is connected', async () => {
    answerAssistant(false)
    answerWith('get', CONVERSATIONS, { items: [], next: null })
    openApp('/simulator', owner)
    expect(await screen.findByTestId('simulator-no-model')).toHaveTextContent(he.simulator.noModel)
  })
})
