import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type Retention = Schemas['Retention']
export type Days = Schemas['RetentionBody']['days']

const PATH = '/api/business/current/privacy/retention'

export const retentionQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['retention', businessId],
    queryFn: () => answer(api.GET(PATH)),
  })

/** What would be deleted by now, before anything is saved. */
export const previewQuery = (businessId: number, days: Days, leads: boolean) =>
  queryOptions({
    queryKey: ['retention', businessId, 'preview', days, leads],
    enabled: days !== null,
    queryFn: () =>
      answer(api.GET(`${PATH}/preview`, { params: { query: { days: days ?? 365, leads } } })),
  })

export function useReplaceRetention(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['RetentionBody']) => answer(api.PUT(PATH, { body })),
    onSuccess: (saved) => client.setQueryData(retentionQuery(businessId).queryKey, saved),
  })
}
