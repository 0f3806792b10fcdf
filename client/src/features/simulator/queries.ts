import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

/** Faster than the list of conversations: somebody is waiting for an answer. */
const POLL_MS = 1_500
const PAGE_SIZE = 50

export const assistantQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['assistant', businessId],
    queryFn: () => answer(api.GET('/api/business/current/assistant')),
  })

/** The part of a number that stays the same however it is written: +972 52-… or 052…. */
function tailOf(phone: string): string {
  return phone.replace(/\D/g, '').slice(-9)
}

/** The simulated conversation of one number, or null before its first message. */
export const simulatedConversationQuery = (businessId: number, phone: string) =>
  queryOptions({
    queryKey: ['conversations', businessId, 'simulated', tailOf(phone)],
    refetchInterval: POLL_MS,
    queryFn: async () => {
      const page = await answer(
        api.GET('/api/business/current/conversations', {
          params: { query: { limit: PAGE_SIZE } },
        }),
      )
      const isSame = (row: Schemas['Conversation']) =>
        row.channel === 'simulator' && tailOf(row.contact_phone ?? '') === tailOf(phone)
      return page.items.find(isSame) ?? null
    },
  })

export const simulatedMessagesQuery = (businessId: number, conversationId: number | null) =>
  queryOptions({
    queryKey: ['conversations', businessId, 'newest messages', conversationId],
    enabled: conversationId !== null,
    refetchInterval: POLL_MS,
    queryFn: async () => {
      const page = await answer(
        api.GET('/api/business/current/conversations/{conversation_id}/messages', {
          params: { path: { conversation_id: conversationId ?? 0 }, query: { limit: PAGE_SIZE } },
        }),
      )
      return page.items
    },
  })

export function useSendAsCustomer(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['SimulatorMessageBody']) =>
      answer(api.POST('/api/business/current/simulator/messages', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['conversations', businessId] }),
  })
}
