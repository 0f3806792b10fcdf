import { infiniteQueryOptions } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type Conversation = Schemas['Conversation']

/** While the page is visible; a hidden tab does not ask. */
const POLL_MS = 3_000

export const conversationsQuery = (businessId: number) =>
  infiniteQueryOptions({
    queryKey: ['conversations', businessId, 'list'],
    initialPageParam: null as string | null,
    refetchInterval: POLL_MS,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/conversations', {
          params: { query: { after: pageParam ?? undefined } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })

export const messagesQuery = (businessId: number, conversationId: number) =>
  infiniteQueryOptions({
    queryKey: ['conversations', businessId, 'messages', conversationId],
    initialPageParam: null as string | null,
    refetchInterval: POLL_MS,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/conversations/{conversation_id}/messages', {
          params: {
            path: { conversation_id: conversationId },
            query: { after: pageParam ?? undefined },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })
