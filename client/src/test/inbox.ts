/** An inbox as the server holds it: the customer who writes in `talk`, and another one who waits. */
import type { Schemas } from '../http'
import { answerWith, type Sent } from './server'
import { at, conversation, inHours, message } from './talk'

export const PATH = '/api/business/current/conversations'
export const TEMPLATES = '/api/business/current/whatsapp/templates'

const avi = { ...conversation, id: 2, contact_name: 'אבי', is_unread: false, is_waiting: true }

/** The conversation once a person has taken it over by writing. */
export const owned: Schemas['Conversation'] = {
  ...conversation,
  owner: 'person',
  takeover: {
    user_id: 3,
    name: 'אורית לוי',
    reason: 'wrote',
    note: null,
    escalated_at: null,
    started_at: at,
    ends_at: inHours(12),
  },
}

/** What that person wrote. */
export const reply: Schemas['Message'] = {
  ...message,
  id: 42,
  direction: 'outbound',
  author: 'person',
  author_name: 'אורית לוי',
  text: 'כן, מחר',
  status: 'pending',
}

/** Answers for the inbox; returns the read markers that were sent. */
export function answerInbox(open = conversation): Sent[] {
  answerWith('get', PATH, { items: [open, avi], next: null })
  answerWith('get', `${PATH}/3`, open)
  answerWith('get', `${PATH}/3/messages`, { items: [message], next: null })
  answerWith('get', `${PATH}/3/writing`, { longest_text: 1600 })
  answerWith('get', `${PATH}/3/notes`, { items: [], next: null })
  answerWith('get', `${PATH}/3/related`, { items: [] })
  answerWith('get', '/api/business/current/users', { items: [{ id: 3, name: 'אורית לוי' }] })
  return answerWith('put', `${PATH}/3/read`, { message_id: 41 })
}

/** What WhatsApp approved of: a template that can be sent, and one that Maane cannot fill in. */
const visit: Schemas['MessageTemplate'] = {
  id: 8,
  name: 'visit',
  language: 'he',
  category: 'utility',
  status: 'approved',
  header: 'שלום',
  body: 'היי {{1}}, נתראה',
  footer: '',
  buttons: ['אישור'],
  parameters: [{ name: 'body.1', part: 'body', key: '1', example: 'דנה' }],
  obstacle: null,
  is_sendable: true,
}
export const templates: Schemas['MessageTemplateList'] = {
  items: [visit, { ...visit, id: 9, name: 'photo', obstacle: 'media_header', is_sendable: false }],
  synced_at: at,
  failure: null,
  detail: null,
  is_due: false,
  is_connected: true,
  needs_account: false,
}
