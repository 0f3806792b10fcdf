import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type CallBack = Schemas['CallBack']

/** The rules change by the minute. */
const FRESH_MS = 30_000

export const callBackQuery = (businessId: number, leadId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'call-back', leadId],
    refetchInterval: FRESH_MS,
    queryFn: () =>
      answer(
        api.GET('/api/business/current/leads/{lead_id}/call-back', {
          params: { path: { lead_id: leadId } },
        }),
      ),
  })

export function useCallBack(businessId: number, leadId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['CallBackBody']) =>
      answer(
        api.POST('/api/business/current/leads/{lead_id}/call-back', {
          params: { path: { lead_id: leadId } },
          body,
        }),
      ),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['calls', businessId] }),
        client.invalidateQueries({ queryKey: ['leads', businessId, 'history', leadId] }),
        client.invalidateQueries({ queryKey: ['leads', businessId, 'sources', leadId] }),
        client.invalidateQueries(callBackQuery(businessId, leadId)),
      ]),
  })
}
