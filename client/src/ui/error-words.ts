/** Which layer refused and why, as keys of the dictionaries. */
import { useTranslation } from 'react-i18next'
import { useWordFor, useWords } from '../i18n'
import { ApiError, type ErrorDetail } from '../http'

export const LAYERS = [
  'network',
  'session',
  'csrf',
  'permission',
  'body',
  'conflict',
  'throttled',
  'server',
] as const
export type Layer = (typeof LAYERS)[number]

export function layerOf(error: ApiError): Layer {
  if (error.status === 0) return 'network'
  if (error.status === 401) return 'session'
  if (error.error === 'csrf') return 'csrf'
  if (error.status === 403) return 'permission'
  if (error.status === 409) return 'conflict'
  if (error.status === 429) return 'throttled'
  if (error.status >= 500) return 'server'
  return 'body'
}

/** From the most exact key to the least: the reason, then the code, then a last resort. */
export function keysOf(error: ApiError): string[] {
  const exact = error.reason === null ? [] : [`${error.error}_${error.reason}`]
  return [...exact, error.error]
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  // A fault of the page's own: it is in the console, and words for it would only be guessed.
  console.error(error)
  return new ApiError({ status: 0, error: 'unknown' })
}

/** The sentences about one refusal: who refused, why, and what to do about it. */
export function useRefusalWords(error: ApiError) {
  const { t } = useWords()
  const { i18n } = useTranslation()
  const first = (group: string): string | null => {
    const key = keysOf(error).find((name) => i18n.exists(`errors.${group}.${name}`))
    return key === undefined ? null : String(t(`errors.${group}.${key}` as never))
  }
  const seconds = error.retryAfter
  return {
    layer: t(`errors.layer.${layerOf(error)}`),
    why: first('why') ?? t('errors.why.unknown'),
    todo:
      error.error === 'throttled' && seconds !== null
        ? t('errors.todo.throttledSeconds', { seconds })
        : first('todo'),
  }
}

/** Words for each field that a 422 names, for the forms to show beside the field: by its name, and one
 * of a list by its whole path as well. */
export function useFieldErrors() {
  const wordFor = useWordFor()
  const { i18n } = useTranslation()
  const wordsFor = (detail: ErrorDetail): string => {
    const field = String(detail.path.findLast((part) => typeof part === 'string') ?? '')
    if (detail.type === 'value_error' && i18n.exists(`detail.${field}`)) {
      return wordFor('detail', field)
    }
    return i18n.exists(`detail.${detail.type}`) ? wordFor('detail', detail.type) : detail.message
  }
  return (error: unknown): Record<string, string> => {
    if (!(error instanceof ApiError)) return {}
    return Object.fromEntries(
      error.details.flatMap((d) => {
        const paths = new Set([String(d.path[0] ?? ''), d.path.join('.')])
        return [...paths].map((path) => [path, wordsFor(d)])
      }),
    )
  }
}
