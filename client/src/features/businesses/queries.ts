import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'
import { replaceSession } from '../../ui/session'

export type Business = Schemas['Business']
export type BusinessBody = Schemas['BusinessBody']
export type BusinessPatch = Partial<Schemas['BusinessPatch']>
export type BusinessLanguage = BusinessBody['language']

export const BUSINESS_LANGUAGES: BusinessLanguage[] = ['he', 'en', 'ar', 'ru']
const BUSINESSES = ['businesses'] as const
const PAGE_SIZE = 50

export const businessesQuery = infiniteQueryOptions({
  queryKey: [...BUSINESSES, 'list'],
  initialPageParam: null as string | null,
  queryFn: ({ pageParam }) =>
    answer(
      api.GET('/api/admin/businesses', {
        params: { query: { limit: PAGE_SIZE, after: pageParam ?? undefined } },
      }),
    ),
  getNextPageParam: (page) => page.next,
})

export function useCreateBusiness() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: BusinessBody) => answer(api.POST('/api/admin/businesses', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: BUSINESSES }),
  })
}

export function useChangeBusiness() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, patch }: { id: number; patch: BusinessPatch }) =>
      answer(
        api.PATCH('/api/admin/businesses/{business_id}', {
          params: { path: { business_id: id } },
          body: patch as Schemas['BusinessPatch'],
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: BUSINESSES }),
  })
}

/** Enters a business as its owner would; what was loaded before belongs to another session. */
export function useEnterBusiness(onEntered: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, reason }: { id: number; reason: string }) =>
      answer(
        api.POST('/api/admin/businesses/{business_id}/impersonate', {
          params: { path: { business_id: id } },
          body: reason === '' ? undefined : { reason },
        }),
      ),
    onSuccess: async (me) => {
      onEntered()
      await replaceSession(client, me)
    },
  })
}
