/** The server as the tests see it: it answers what a test tells it, and keeps what it was sent. */
import { http, HttpResponse, type JsonBodyType } from 'msw'
import { setupServer } from 'msw/node'

export const REQUEST_ID = 'request-0001'

/** The stages that a business begins with. */
export const STAGES = [
  { key: 'new', name: null, kind: 'open', leads: 1 },
  { key: 'contacted', name: null, kind: 'open', leads: 0 },
  { key: 'qualified', name: null, kind: 'open', leads: 0 },
  { key: 'won', name: null, kind: 'won', leads: 0 },
  { key: 'lost', name: null, kind: 'lost', leads: 0 },
]

/** Whether a lead can be called back, where nothing is in the way. */
export const CALL_BACK = {
  phone: '+972501234567',
  obstacle: null,
  has_opted_out: false,
  quiet_until: null,
  left_today: 7,
  people: [{ name: 'דנה', number: '+972522345678' }],
}

/** A business that no number for calls is connected to. */
export const NO_PHONE = {
  number: null,
  account_sid: null,
  connected_at: null,
  webhooks: { call: 'https://a/voice', fallback: 'https://a/fallback', status: 'https://a/status' },
  is_reachable: true,
}

export const server = setupServer(
  http.get('*/api/auth/csrf', () => HttpResponse.json({ csrfToken: 'token-of-the-page' })),
  http.get('*/api/business/current/notifications/unread', () =>
    HttpResponse.json({ unread: 0, newest_id: 0 }),
  ),
  http.get('*/api/business/current/phone/connection', () => HttpResponse.json(NO_PHONE)),
  http.get('*/api/business/current/leads/stages', () => HttpResponse.json({ items: STAGES })),
  http.get('*/api/business/current/leads/:id/appointments', () =>
    HttpResponse.json({ items: [], is_cut: false }),
  ),
  http.get('*/api/business/current/leads/:id/call-back', () => HttpResponse.json(CALL_BACK)),
  http.get('*/api/business/current/leads/duplicates', () => HttpResponse.json({ items: [] })),
)

export interface Sent {
  method: string
  path: string
  token: string | null
  contentType: string | null
  credentials: string
  body: unknown
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** Answers every request to a path with one document, and returns the list of what came. */
export function answerWith(
  method: Method,
  path: string,
  document: JsonBodyType,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Sent[] {
  const sent: Sent[] = []
  server.use(
    http[method](`*${path}`, async ({ request }) => {
      const text = await request.text()
      sent.push({
        method: request.method,
        path: new URL(request.url).pathname,
        token: request.headers.get('X-CSRFToken'),
        contentType: request.headers.get('Content-Type'),
        credentials: request.credentials,
        body: text === '' ? undefined : JSON.parse(text),
      })
      return HttpResponse.json(document, {
        status,
        headers: { 'X-Request-ID': REQUEST_ID, ...headers },
      })
    }),
  )
  return sent
}

export function refuseWith(
  method: Method,
  path: string,
  status: number,
  error: string,
  reason?: string,
): Sent[] {
  return answerWith(method, path, reason === undefined ? { error } : { error, reason }, { status })
}
