import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, bootstrapCsrf, type Schemas } from '../../http'
import { forgetDrafts } from '../../ui/drafts'
import { replaceSession } from '../../ui/session'

export function useSignIn() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (credentials: Schemas['Credentials']) =>
      answer(api.POST('/api/auth/login', { body: credentials })),
    onSuccess: async (me) => {
      // Login answers with a new token's cookie already. Asking once more proves that the page can
      // read it; should that fail, the first write says why.
      await bootstrapCsrf().catch(() => undefined)
      await replaceSession(client, me)
    },
  })
}

export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => answer(api.POST('/api/auth/logout')),
    onSuccess: async () => {
      forgetDrafts()
      await replaceSession(client, null)
    },
  })
}

export type LoginSession = Schemas['SessionItem']

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => answer(api.GET('/api/auth/sessions')),
})

export function useEndSession() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: number) =>
      answer(
        api.DELETE('/api/auth/sessions/{session_id}', { params: { path: { session_id: id } } }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
}
