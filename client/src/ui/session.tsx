/**
 * The session as every page sees it: who is signed in and which business they act on now.
 *
 * It lies below the features because all of them need it and none may import another.
 */
import { queryOptions, type QueryClient } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { answer, api, ApiError, forgetAnswers, type Schemas } from '../http'

export type Me = Schemas['Me']
export type ActingBusiness = NonNullable<Me['tenant']>

const SESSION_KEY = ['session'] as const
const FRESH_FOR_MS = 30_000

/** Null when nobody is signed in, which is an answer and no error. */
export const sessionQuery = queryOptions({
  queryKey: SESSION_KEY,
  staleTime: FRESH_FOR_MS,
  refetchOnWindowFocus: 'always',
  queryFn: async (): Promise<Me | null> => {
    try {
      return await answer(api.GET('/api/auth/me'))
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) return null
      throw error
    }
  },
})

/** Another tab of this browser shares the cookie, so it must hear that the session is another one. */
const otherTabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('maane')

/** Asks for the session anew whenever another tab replaced it. Returns how to stop. */
export function followOtherTabs(client: QueryClient): () => void {
  const ask = () => void client.invalidateQueries({ queryKey: SESSION_KEY })
  otherTabs?.addEventListener('message', ask)
  return () => otherTabs?.removeEventListener('message', ask)
}

/**
 * Puts another session in place of the one before and forgets everything that was loaded with it,
 * so that no page shows one business's data while acting on another.
 */
export async function replaceSession(client: QueryClient, me: Me | null): Promise<void> {
  await client.cancelQueries()
  forgetAnswers()
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] })
  client.setQueryData(SESSION_KEY, me)
  otherTabs?.postMessage('session replaced')
}

/** What a refusal anywhere says about the session: it is over, or it is no longer what we think. */
export function learnFromRefusal(client: QueryClient, error: unknown): void {
  if (!(error instanceof ApiError)) return
  if (error.isSignedOut) {
    client.setQueryData(SESSION_KEY, null)
  } else if (error.error === 'csrf' || error.reason === 'no_tenant') {
    // CSRF answers before anybody is known, so a session that died may hide behind its refusal.
    void client.invalidateQueries({ queryKey: SESSION_KEY })
  }
}

/** Changes whenever the pages must start afresh, because they would act on something else. */
export function identityOf(me: Me): string {
  return [me.user.id, me.tenant?.id ?? 'none', me.impersonation?.started_at ?? 'own'].join(':')
}

export function isAdministrator(me: Me): boolean {
  return me.user.role === 'admin' || me.user.role === 'manager'
}

const SessionContext = createContext<Me | null>(null)
export const SessionProvider = SessionContext.Provider

export function useSession(): Me {
  const me = useContext(SessionContext)
  if (me === null) throw new Error('This page is shown only to somebody who is signed in.')
  return me
}

/** The business being acted on; only on pages that the router opens for one. */
export function useBusiness(): ActingBusiness {
  const { tenant } = useSession()
  if (tenant === null) throw new Error('This page is shown only inside a business.')
  return tenant
}
