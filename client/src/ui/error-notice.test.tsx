import { screen, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../http'
import en from '../i18n/en.json'
import he from '../i18n/he.json'
import { startI18n } from '../i18n'
import { owner } from '../test/people'
import { show } from '../test/render'
import { ErrorNotice } from './error-notice'

/** Every refusal of the contract: status, error, reason, and the layer that is to be named. */
const REFUSALS = [
  [0, 'network', null, 'network'],
  [401, 'unauthenticated', null, 'session'],
  [401, 'invalid_credentials', null, 'session'],
  [403, 'csrf', 'cookie_missing', 'csrf'],
  [403, 'csrf', 'header_missing', 'csrf'],
  [403, 'csrf', 'session_missing', 'csrf'],
  [403, 'csrf', 'token_mismatch', 'csrf'],
  [403, 'csrf', 'cross_origin', 'csrf'],
  [403, 'forbidden', 'role_mismatch', 'permission'],
  [403, 'forbidden', 'no_tenant', 'permission'],
  [403, 'forbidden', 'scope_fail', 'permission'],
  [404, 'not_found', null, 'body'],
  [405, 'method_not_allowed', null, 'body'],
  [400, 'malformed_json', null, 'body'],
  [415, 'unsupported_media_type', null, 'body'],
  [413, 'too_large', null, 'body'],
  [422, 'invalid', null, 'body'],
  [409, 'conflict', 'already_impersonating', 'conflict'],
  [409, 'conflict', 'email_taken', 'conflict'],
  [429, 'throttled', null, 'throttled'],
  [503, 'unavailable', 'database', 'server'],
  [502, 'unreadable', null, 'server'],
  [500, 'internal', null, 'server'],
] as const

describe.each([
  ['he', he],
  ['en', en],
] as const)('in %s', (language, words) => {
  it.each(REFUSALS)('%i %s %s has words of its own', async (status, error, reason, layer) => {
    await startI18n(language)
    show(<ErrorNotice error={new ApiError({ status, error, reason, requestId: 'abc' })} />, owner)
    const notice = await screen.findByRole('alert')
    const key = reason === null ? error : `${error}_${reason}`
    const why = (words.errors.why as Record<string, string>)[key]
    expect(why).toBeDefined()
    expect(notice).toHaveTextContent(why ?? '')
    expect(notice).toHaveTextContent(
      words.errors.refusedBy.replace('{{layer}}', words.errors.layer[layer]),
    )
    expect(within(notice).getByTestId('error-request-id')).toHaveTextContent('abc')
  })
})

describe('the notice', () => {
  it('falls back to the code where the reason is new to it, and shows both', async () => {
    show(
      <ErrorNotice error={new ApiError({ status: 409, error: 'conflict', reason: 'brand_new' })} />,
      owner,
    )
    const notice = await screen.findByRole('alert')
    expect(notice).toHaveTextContent(he.errors.why.conflict)
    expect(notice).toHaveTextContent('409 · conflict · brand_new')
  })

  it('says how many seconds to wait', async () => {
    show(
      <ErrorNotice error={new ApiError({ status: 429, error: 'throttled', retryAfter: 30 })} />,
      owner,
    )
    expect(await screen.findByRole('alert')).toHaveTextContent('30 שניות')
  })

  it('names the fields of a 422 in words, but for those that a form shows itself', async () => {
    const details = [
      { path: ['phone'], type: 'value_error', message: 'Value error, is not a phone number' },
      { path: ['name'], type: 'missing', message: 'Field required' },
    ]
    show(
      <ErrorNotice
        error={new ApiError({ status: 422, error: 'invalid', details })}
        ownFields={['name']}
      />,
      owner,
    )
    expect((await screen.findAllByRole('listitem')).map((item) => item.textContent)).toEqual([
      `${he.fields.phone}: ${he.detail.phone}`,
    ])
  })
})
