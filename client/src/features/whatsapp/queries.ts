import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'
import { templatesQuery } from '../../ui/templates'

export type FailedEvent = Schemas['FailedEvent']
export type WhatsappSettings = Schemas['WhatsappSettings']

export const LONGEST_PAUSE_S = 15

export const whatsappSettingsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['whatsapp', businessId, 'settings'],
    queryFn: () => answer(api.GET('/api/business/current/whatsapp/settings')),
  })

export function useReplaceWhatsappSettings(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: WhatsappSettings) =>
      answer(api.PUT('/api/business/current/whatsapp/settings', { body })),
    onSuccess: (saved) => client.setQueryData(whatsappSettingsQuery(businessId).queryKey, saved),
  })
}

export type OptOut = Schemas['OptOut']

export const optOutQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['whatsapp', businessId, 'opt-out'],
    queryFn: () => answer(api.GET('/api/business/current/whatsapp/opt-out')),
  })

export function useReplaceOptOut(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['OptOutBody']) =>
      answer(api.PUT('/api/business/current/whatsapp/opt-out', { body })),
    onSuccess: (saved) => client.setQueryData(optOutQuery(businessId).queryKey, saved),
  })
}

export type WhatsappConnection = Schemas['WhatsappConnection']
export type ProviderName = NonNullable<WhatsappConnection['provider']>
export type Credentials =
  | { provider: 'meta'; body: Schemas['MetaConnectionBody'] }
  | { provider: 'twilio'; body: Schemas['TwilioConnectionBody'] }

export const connectionQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['whatsapp', businessId, 'connection'],
    queryFn: () => answer(api.GET('/api/business/current/whatsapp/connection')),
  })

export function useConnect(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (given: Credentials) =>
      given.provider === 'meta'
        ? answer(api.PUT('/api/business/current/whatsapp/connection/meta', { body: given.body }))
        : answer(api.PUT('/api/business/current/whatsapp/connection/twilio', { body: given.body })),
    onSuccess: (saved) => {
      client.setQueryData(connectionQuery(businessId).queryKey, saved)
      // Another number has other templates.
      return client.invalidateQueries(templatesQuery(businessId))
    },
  })
}

export function useTestConnection() {
  return useMutation({
    mutationFn: () => answer(api.POST('/api/business/current/whatsapp/test')),
  })
}

const POLL_MS = 10_000

export const failedEventsQuery = (businessId: number) =>
  infiniteQueryOptions({
    queryKey: ['whatsapp', businessId, 'failed'],
    initialPageParam: null as string | null,
    refetchInterval: POLL_MS,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/events/failed', {
          params: { query: { after: pageParam ?? undefined } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })

/** Whatever came of it, the list is asked again: another person may have been faster. */
export function useRetryEvent(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: number) =>
      answer(
        api.POST('/api/business/current/events/{event_id}/retry', {
          params: { path: { event_id: id } },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: failedEventsQuery(businessId).queryKey }),
  })
}
