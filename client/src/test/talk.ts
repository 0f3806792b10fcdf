/** One customer: what they wrote and the lead that they are, as the server would answer. */
import type { Schemas } from '../http'

export const at = '2026-03-01T10:00:00Z'
export const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

export const conversation: Schemas['Conversation'] = {
  id: 3,
  channel: 'whatsapp',
  is_call: false,
  status: 'open',
  contact_phone: '+972525550101',
  contact_name: 'דנה כהן',
  lead_id: null,
  prompt_version: 1,
  newest_prompt_version: 1,
  owner: 'assistant',
  takeover: null,
  takeover_hours: 12,
  window_closes_at: inHours(5),
  assigned_to: null,
  is_waiting: false,
  is_unread: true,
  last_message: { text: 'יש תור?', kind: null, author: 'customer', status: 'received' },
  last_message_at: at,
  created_at: at,
}

export const message: Schemas['Message'] = {
  id: 41,
  direction: 'inbound',
  author: 'customer',
  author_name: null,
  text: 'יש תור?',
  attachments: [],
  status: 'received',
  error: null,
  is_echo: false,
  is_template: false,
  prompt_version: null,
  created_at: at,
}

export const lead: Schemas['Lead'] = {
  id: 7,
  name: 'דנה כהן',
  phone: '+972525550101',
  email: null,
  note: '',
  status: 'new',
  source: 'whatsapp',
  created_at: at,
  updated_at: at,
}
