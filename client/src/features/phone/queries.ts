import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'
import { phoneConnectionQuery, phoneSettingsQuery } from '../../ui/phone'

export type Call = Schemas['Call']
export type CallTurn = Schemas['CallTurn']
export type CallTransfer = Schemas['CallTransfer']
export type CallText = Schemas['CallText']
export type PhoneTransfer = Schemas['PhoneTransfer']
export type PhoneTransferBody = Schemas['PhoneTransferBody']
export type CallFilter = 'all' | 'answered' | 'unanswered'
export type Recording = Schemas['Recording']
export type PhoneConnection = Schemas['PhoneConnection']
export type PhoneSettings = Schemas['PhoneSettings']
export type PhoneSettingsBody = Schemas['PhoneSettingsBody']
export type OutgoingSettings = Schemas['OutgoingSettings']
export type OutgoingSettingsBody = Schemas['OutgoingSettingsBody']

/** A call that goes on changes by itself; so does the list of them. */
const FRESH_MS = 10_000
/** Whoever calls somebody watches. */
const RINGING_MS = 2_000

export const callsQuery = (businessId: number, outcome: CallFilter) =>
  infiniteQueryOptions({
    queryKey: ['calls', businessId, outcome],
    initialPageParam: null as string | null,
    refetchInterval: FRESH_MS,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/calls', {
          params: { query: { outcome, after: pageParam ?? undefined } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })

export const callQuery = (businessId: number, callId: number) =>
  queryOptions({
    queryKey: ['calls', businessId, 'one', callId],
    refetchInterval: (query) => {
      const call = query.state.data?.call
      if (call === undefined) return false
      if (call.ended_at === null) return call.direction === 'outbound' ? RINGING_MS : FRESH_MS
      const recording = query.state.data?.recording
      const isAwaited = call.is_recorded && call.answered_at !== null && recording === null
      const isPending = isAwaited || recording?.status === 'waiting'
      const isHeard = query.state.data?.turns.some((turn) => turn.heard !== null)
      return (isHeard && call.summary === null) || isPending ? FRESH_MS : false
    },
    queryFn: () =>
      answer(
        api.GET('/api/business/current/calls/{call_id}', { params: { path: { call_id: callId } } }),
      ),
  })

export function useFetchRecording(businessId: number, callId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/business/current/calls/{call_id}/recording/fetch', {
          params: { path: { call_id: callId } },
        }),
      ),
    onSuccess: (found) => client.setQueryData(callQuery(businessId, callId).queryKey, found),
  })
}

export function useDeleteRecording(businessId: number, callId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      answer(
        api.DELETE('/api/business/current/calls/{call_id}/recording', {
          params: { path: { call_id: callId } },
        }),
      ),
    onSuccess: (found) => client.setQueryData(callQuery(businessId, callId).queryKey, found),
  })
}

export function useConnectPhone(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['TwilioConnectionBody']) =>
      answer(api.PUT('/api/business/current/phone/connection', { body })),
    onSuccess: (saved) => client.setQueryData(phoneConnectionQuery(businessId).queryKey, saved),
  })
}

export function useTestPhone() {
  return useMutation({ mutationFn: () => answer(api.POST('/api/business/current/phone/test')) })
}

export function useCheckPhone() {
  return useMutation({ mutationFn: () => answer(api.POST('/api/business/current/phone/check')) })
}

export function useCheckSockets() {
  return useMutation({
    mutationFn: () => answer(api.POST('/api/business/current/phone/check-sockets')),
  })
}

export function useReplacePhoneSettings(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: PhoneSettingsBody) =>
      answer(api.PUT('/api/business/current/phone/settings', { body })),
    onSuccess: (saved) => {
      client.setQueryData(phoneSettingsQuery(businessId).queryKey, saved)
      // The fallback's address names the language.
      return client.invalidateQueries(phoneConnectionQuery(businessId))
    },
  })
}

export const outgoingQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['phone', businessId, 'outgoing'],
    queryFn: () => answer(api.GET('/api/business/current/phone/outgoing')),
  })

export function useReplaceOutgoing(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: OutgoingSettingsBody) =>
      answer(api.PUT('/api/business/current/phone/outgoing', { body })),
    onSuccess: (saved) => client.setQueryData(outgoingQuery(businessId).queryKey, saved),
  })
}

export const phoneTransferQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['phone', businessId, 'transfer'],
    queryFn: () => answer(api.GET('/api/business/current/phone/transfer')),
  })

export function useReplacePhoneTransfer(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: PhoneTransferBody) =>
      answer(api.PUT('/api/business/current/phone/transfer', { body })),
    onSuccess: (saved) => client.setQueryData(phoneTransferQuery(businessId).queryKey, saved),
  })
}
