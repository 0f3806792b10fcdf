import { http, HttpResponse } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  answer,
  api,
  ApiError,
  bootstrapCsrf,
  forgetAnswers,
  readCsrfCookie,
  serverNow,
} from './http'
import { answerWith, refuseWith, REQUEST_ID, server } from './test/server'

const LEADS = '/api/business/current/leads'
const PROMPT = '/api/business/current/prompt'
const lead = { name: 'דנה', phone: null, email: null, note: '', status: 'new' } as const
const texts = { calls_prompt: 'a', whatsapp_prompt: 'b' }

function setToken(token: string) {
  document.cookie = `XSRF-TOKEN=${token}; path=/`
}

function dropToken() {
  document.cookie = 'XSRF-TOKEN=; path=/; max-age=0'
}

async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

describe('a write', () => {
  it.each([
    ['POST', () => api.POST(LEADS, { body: lead })],
    ['PUT', () => api.PUT(PROMPT, { body: texts })],
    [
      'PATCH',
      () => api.PATCH(`${LEADS}/{lead_id}`, { params: { path: { lead_id: 7 } }, body: lead }),
    ],
    ['DELETE', () => api.DELETE(`${LEADS}/{lead_id}`, { params: { path: { lead_id: 7 } } })],
    [
      'POST with no body',
      () =>
        api.POST('/api/admin/businesses/{business_id}/impersonate', {
          params: { path: { business_id: 1 } },
        }),
    ],
  ])('%s carries the cookies, the token and the type of its body', async (_name, write) => {
    const sent = [
      answerWith('post', LEADS, {}),
      answerWith('put', PROMPT, {}),
      answerWith('patch', `${LEADS}/7`, {}),
      answerWith('delete', `${LEADS}/7`, {}),
      answerWith('post', '/api/admin/businesses/1/impersonate', {}),
    ]
    await write()
    expect(sent.flat()).toEqual([
      expect.objectContaining({
        token: 'token-of-the-page',
        contentType: 'application/json',
        credentials: 'include',
      }),
    ])
  })

  it('reads the token when it is sent, not when the page was loaded', async () => {
    const sent = answerWith('put', PROMPT, {})
    setToken('before')
    await api.PUT(PROMPT, { body: texts })
    setToken('after')
    await api.PUT(PROMPT, { body: texts })
    expect(sent.map((request) => request.token)).toEqual(['before', 'after'])
  })

  it('sends no header when there is no cookie, so that the server names the cause', async () => {
    dropToken()
    const sent = answerWith('put', PROMPT, {})
    await api.PUT(PROMPT, { body: texts })
    expect(sent[0]?.token).toBeNull()
  })

  it('sends exactly the two texts of the prompts', async () => {
    const sent = answerWith('put', PROMPT, {})
    await api.PUT(PROMPT, { body: texts })
    expect(sent[0]?.body).toEqual({ calls_prompt: 'a', whatsapp_prompt: 'b' })
  })
})

describe('a read', () => {
  it('carries the cookies and no token', async () => {
    const sent = answerWith('get', PROMPT, {})
    await api.GET(PROMPT)
    expect(sent[0]).toMatchObject({ credentials: 'include', token: null })
  })
})

describe('a 403', () => {
  const console403 = () => vi.spyOn(console, 'error').mockImplementation(() => undefined)

  it('prints the cookie, the header, the error and the reason in one readable line', async () => {
    const printed = console403()
    refuseWith('put', PROMPT, 403, 'csrf', 'token_mismatch')
    await refusalOf(api.PUT(PROMPT, { body: texts }))
    expect(printed).toHaveBeenCalledExactlyOnceWith(
      `Maane 403: error=csrf reason=token_mismatch cookie=token-of-the-page header=token-of-the-page request=${REQUEST_ID}`,
      {
        error: 'csrf',
        reason: 'token_mismatch',
        cookie: 'token-of-the-page',
        header: 'token-of-the-page',
        request: REQUEST_ID,
        method: 'PUT',
        path: PROMPT,
      },
    )
  })

  it('says <none> for a cookie and a header that are not there', async () => {
    const printed = console403()
    dropToken()
    refuseWith('put', PROMPT, 403, 'csrf', 'cookie_missing')
    await refusalOf(api.PUT(PROMPT, { body: texts }))
    expect(printed.mock.calls[0]?.[0]).toContain('cookie=<none> header=<none>')
  })

  it.each(['cookie_missing', 'header_missing', 'session_missing', 'token_mismatch'])(
    'fetches one new token after %s, and does not send the write again',
    async (reason) => {
      console403()
      const writes = refuseWith('put', PROMPT, 403, 'csrf', reason)
      const tokens = answerWith('get', '/api/auth/csrf', { csrfToken: 'new' })
      await refusalOf(api.PUT(PROMPT, { body: texts }))
      expect([writes.length, tokens.length]).toEqual([1, 1])
    },
  )

  it.each([
    ['forbidden', 'scope_fail'],
    ['csrf', 'cross_origin'],
  ])('fetches no token after %s %s, which no token would cure', async (error, reason) => {
    console403()
    refuseWith('put', PROMPT, 403, error, reason)
    const tokens = answerWith('get', '/api/auth/csrf', { csrfToken: 'new' })
    const refusal = await refusalOf(api.PUT(PROMPT, { body: texts }))
    expect(refusal).toMatchObject({ status: 403, error, reason })
    expect(tokens).toHaveLength(0)
  })
})

describe('a refusal', () => {
  it('keeps the status, the error, the details and the request id', async () => {
    const details = [{ path: ['name'], type: 'missing', message: 'Field required' }]
    answerWith('post', LEADS, { error: 'invalid', details }, { status: 422 })
    const refusal = await refusalOf(api.POST(LEADS, { body: lead }))
    expect(refusal).toMatchObject({
      status: 422,
      error: 'invalid',
      details,
      requestId: REQUEST_ID,
    })
  })

  it('keeps the seconds of Retry-After', async () => {
    answerWith(
      'post',
      LEADS,
      { error: 'throttled' },
      { status: 429, headers: { 'Retry-After': '30' } },
    )
    expect(await refusalOf(api.POST(LEADS, { body: lead }))).toMatchObject({ retryAfter: 30 })
  })

  it('says that it was unreadable when a proxy answered with a page', async () => {
    server.use(
      http.get(`*${PROMPT}`, () => new HttpResponse('<h1>Bad gateway</h1>', { status: 502 })),
    )
    expect(await refusalOf(api.GET(PROMPT))).toMatchObject({ status: 502, error: 'unreadable' })
  })

  it('is of the network when no answer came', async () => {
    server.use(http.get(`*${PROMPT}`, () => HttpResponse.error()))
    expect(await refusalOf(api.GET(PROMPT))).toMatchObject({ status: 0, error: 'network' })
  })
})

describe('the clock', () => {
  it.each([
    ['an hour', 3_600_000, 3_600_000],
    ['a part of a second', 900, 0],
  ])('follows the server by %s where it is worth it', async (_name, aheadMs, expectedMs) => {
    const servedAt = new Date(Date.now() + aheadMs).toUTCString()
    answerWith('get', PROMPT, {}, { headers: { Date: servedAt } })
    await api.GET(PROMPT)
    expect(Math.abs(serverNow() - Date.now() - expectedMs)).toBeLessThan(1_500)
  })
})

describe('the token', () => {
  beforeEach(dropToken)

  it('is found among other cookies, and may hold an equals sign', () => {
    document.cookie = 'NOT-XSRF-TOKEN=other; path=/'
    setToken('ab=cd')
    expect(readCsrfCookie()).toBe('ab=cd')
  })

  it('is null when there is none', () => {
    expect(readCsrfCookie()).toBeNull()
  })

  it('comes from its endpoint', async () => {
    answerWith('get', '/api/auth/csrf', { csrfToken: 'from the endpoint' })
    expect(await bootstrapCsrf()).toBe('from the endpoint')
  })

  it('is an error when the endpoint answers with nothing', async () => {
    server.use(http.get('*/api/auth/csrf', () => new HttpResponse(null, { status: 204 })))
    await expect(answer(api.GET('/api/auth/csrf'))).rejects.toMatchObject({ error: 'unreadable' })
  })
})

describe('a read that is asked again', () => {
  it('offers what it has, and takes 304 for it', async () => {
    const offered: (string | null)[] = []
    const document = { items: [], next: null }
    server.use(
      http.get('*/api/business/current/leads', ({ request }) => {
        offered.push(request.headers.get('If-None-Match'))
        return offered.at(-1) === '"one"'
          ? new HttpResponse(null, { status: 304, headers: { ETag: '"one"' } })
          : HttpResponse.json(document, { headers: { ETag: '"one"' } })
      }),
    )
    const ask = () => answer(api.GET('/api/business/current/leads'))
    expect([await ask(), await ask()]).toEqual([document, document])
    forgetAnswers()
    await ask()
    expect(offered).toEqual([null, '"one"', null])
  })
})
