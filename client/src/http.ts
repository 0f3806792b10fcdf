/**
 * The only module that talks to the server.
 *
 * Every request carries the cookies; every write also says that its body is JSON and repeats the
 * CSRF token, read from the cookie at the moment of sending, because login and logout replace it.
 * A refusal becomes an `ApiError` that says which layer refused and why.
 */
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './api/schema'

export type Schemas = components['schemas']

export const CSRF_COOKIE = 'XSRF-TOKEN'
export const CSRF_HEADER = 'X-CSRFToken'
const REQUEST_ID_HEADER = 'X-Request-ID'
const UNSAFE_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
/** The one refusal of CSRF that a fresh token cannot cure: it is about where the request came from. */
const NOT_ABOUT_THE_TOKEN = 'cross_origin'

export interface ErrorDetail {
  path: (string | number)[]
  type: string
  message: string
}

interface Refusal {
  /** 0 when no answer came at all. */
  status: number
  /** The server's word, or `network` / `unreadable` when the server did not say one. */
  error: string
  reason?: string | null
  details?: ErrorDetail[] | null
  requestId?: string | null
  /** Seconds to wait, from `Retry-After`. */
  retryAfter?: number | null
  cause?: unknown
}

/** A request that did not succeed, in the words of the contract. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly error: string
  readonly reason: string | null
  readonly details: ErrorDetail[]
  readonly requestId: string | null
  readonly retryAfter: number | null

  constructor(refusal: Refusal) {
    const words = [refusal.status || 'no answer', refusal.error, refusal.reason]
    super(words.filter(Boolean).join(' '), { cause: refusal.cause })
    this.status = refusal.status
    this.error = refusal.error
    this.reason = refusal.reason ?? null
    this.details = refusal.details ?? []
    this.requestId = refusal.requestId ?? null
    this.retryAfter = refusal.retryAfter ?? null
  }

  /** True when nobody is signed in any more, which only a new login cures. */
  get isSignedOut(): boolean {
    return this.status === 401 && this.error === 'unauthenticated'
  }
}

/** The token as the page can read it right now; null when the cookie is not there. */
export function readCsrfCookie(): string | null {
  for (const pair of document.cookie.split('; ')) {
    const [name, ...value] = pair.split('=')
    if (name === CSRF_COOKIE) return value.join('=') || null
  }
  return null
}

/** `Date` has whole seconds, so a smaller difference than this is none. */
const CLOCK_GRAIN_MS = 2_000
let clockOffsetMs = 0

/** The server's time, as its last answer told it: a countdown must not trust this machine's clock. */
export function serverNow(): number {
  return Date.now() + clockOffsetMs
}

function setClock(offsetMs: number): void {
  clockOffsetMs = Math.abs(offsetMs) < CLOCK_GRAIN_MS ? 0 : offsetMs
}

/**
 * The last answers of reads, by address. Asked again, the server says 304 for what has not changed,
 * and a page that polls costs next to nothing. The tag is a hash of the document, so an answer of
 * somebody else's session can never stand in for one's own.
 */
interface Remembered {
  tag: string
  body: string
}
const REMEMBERED_ANSWERS = 40
const remembered = new Map<string, Remembered>()
/** What a request offered to take as its answer, which another one may have replaced meanwhile. */
const offered = new WeakMap<Request, Remembered>()

/** For a session that ended: its words must not stay in memory. */
export function forgetAnswers(): void {
  remembered.clear()
}

function offer(request: Request): void {
  const known = remembered.get(request.url)
  if (known === undefined) return
  offered.set(request, known)
  request.headers.set('If-None-Match', known.tag)
}

async function remember(request: Request, response: Response): Promise<void> {
  const tag = response.headers.get('ETag')
  if (request.method !== 'GET' || tag === null) return
  remembered.delete(request.url)
  remembered.set(request.url, { tag, body: await response.clone().text() })
  const oldest = remembered.keys().next()
  if (remembered.size > REMEMBERED_ANSWERS && !oldest.done) remembered.delete(oldest.value)
}

const edge: Middleware = {
  onRequest({ request }) {
    if (request.method === 'GET') offer(request)
    if (!UNSAFE_METHODS.has(request.method)) return
    request.headers.set('Content-Type', 'application/json')
    const token = readCsrfCookie()
    if (token !== null) request.headers.set(CSRF_HEADER, token)
  },

  async onResponse({ request, response }) {
    const servedAt = Date.parse(response.headers.get('Date') ?? '')
    if (!Number.isNaN(servedAt)) setClock(servedAt - Date.now())
    if (response.ok) {
      await remember(request, response)
      return
    }
    const known = response.status === 304 ? offered.get(request) : undefined
    if (known !== undefined) return new Response(known.body, { headers: response.headers })
    const refused = await readRefusal(response)
    if (refused.status === 403) {
      reportForbidden(request, refused)
      if (refused.error === 'csrf' && refused.reason !== NOT_ABOUT_THE_TOKEN) {
        // Once, so that the next try can work. The refused request itself is not sent again: a
        // refusal that cures itself unseen is one that nobody ever finds the cause of.
        await bootstrapCsrf().catch(() => undefined)
      }
    }
    throw refused
  },

  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return new ApiError({ status: 0, error: 'network', cause: error })
  },
}

export const api = createClient<paths>({
  // Relative: the page and the API are one origin, and no address has to be configured.
  baseUrl: '',
  credentials: 'include',
  fetch: (request) => fetch(request),
})
api.use(edge)

/** The document of a successful answer. A failing one has already been thrown as an `ApiError`. */
export async function answer<T>(
  call: Promise<{ data?: T; response: Response }>,
): Promise<NonNullable<T>> {
  const { data, response } = await call
  if (data === undefined || data === null) {
    throw new ApiError({
      status: response.status,
      error: 'unreadable',
      requestId: response.headers.get(REQUEST_ID_HEADER),
    })
  }
  return data
}

/** Fetches a token, which also sets its cookie. Called at start-up and right after login. */
export async function bootstrapCsrf(): Promise<string> {
  const { csrfToken } = await answer(api.GET('/api/auth/csrf'))
  return csrfToken
}

async function readRefusal(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null)
  const said = (typeof body === 'object' && body !== null ? body : {}) as Partial<Refusal>
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10)
  return new ApiError({
    status: response.status,
    error: typeof said.error === 'string' ? said.error : 'unreadable',
    reason: typeof said.reason === 'string' ? said.reason : null,
    details: Array.isArray(said.details) ? said.details : null,
    requestId: response.headers.get(REQUEST_ID_HEADER),
    retryAfter: Number.isNaN(retryAfter) ? null : retryAfter,
  })
}

/** One line that can be read in a screenshot of the console, and the same as an object. */
function reportForbidden(request: Request, refused: ApiError): void {
  const seen = {
    error: refused.error,
    reason: refused.reason ?? '<none>',
    cookie: readCsrfCookie() ?? '<none>',
    header: request.headers.get(CSRF_HEADER) ?? '<none>',
    request: refused.requestId ?? '<none>',
  }
  const line = Object.entries(seen).map(([name, value]) => `${name}=${value}`)
  console.error(`Maane 403: ${line.join(' ')}`, {
    ...seen,
    method: request.method,
    path: new URL(request.url).pathname,
  })
}
