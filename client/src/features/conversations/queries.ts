import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type Conversation = Schemas['Conversation']
export type ConversationFilter = 'open' | 'waiting' | 'mine' | 'closed' | 'all'
export type Verb = 'takeOver' | 'handBack' | 'close' | 'reopen'

export const FILTERS: ConversationFilter[] = ['open', 'waiting', 'mine', 'closed', 'all']

/** While the page is visible; a hidden tab does not ask. What has not changed costs a 304. */
export const POLL_MS = 2_500
const ONE = '/api/business/current/conversations/{conversation_id}'

export const conversationsQuery = (businessId: number, status: ConversationFilter, words: string) =>
  infiniteQueryOptions({
    queryKey: ['conversations', businessId, 'list', status, words],
    initialPageParam: null as string | null,
    refetchInterval: POLL_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/conversations', {
          params: { query: { after: pageParam ?? undefined, status, q: words } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })

export const conversationQuery = (businessId: number, conversationId: number) =>
  queryOptions({
    queryKey: ['conversations', businessId, 'one', conversationId],
    refetchInterval: POLL_MS,
    queryFn: () => answer(api.GET(ONE, at(conversationId))),
  })

export const messagesQuery = (businessId: number, conversationId: number) =>
  infiniteQueryOptions({
    queryKey: ['conversations', businessId, 'messages', conversationId],
    initialPageParam: null as string | null,
    refetchInterval: POLL_MS,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${ONE}/messages`, {
          params: {
            path: { conversation_id: conversationId },
            query: { after: pageParam ?? undefined },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })

/** How long a text may be: the business's provider says so. */
export const writingQuery = (businessId: number, conversationId: number) =>
  queryOptions({
    queryKey: ['conversations', businessId, 'writing', conversationId],
    queryFn: () => answer(api.GET(`${ONE}/writing`, at(conversationId))),
  })

export const notesQuery = (businessId: number, conversationId: number) =>
  queryOptions({
    queryKey: ['conversations', businessId, 'notes', conversationId],
    refetchInterval: POLL_MS,
    queryFn: () => answer(api.GET(`${ONE}/notes`, at(conversationId))),
  })

export const usersQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['users', businessId],
    queryFn: () => answer(api.GET('/api/business/current/users')),
  })

/** Where else the same person spoke with the business. */
export const relatedQuery = (businessId: number, conversationId: number) =>
  queryOptions({
    queryKey: ['conversations', businessId, 'related', conversationId],
    refetchInterval: POLL_MS,
    queryFn: () => answer(api.GET(`${ONE}/related`, at(conversationId))),
  })

/** Takes over, hands back, closes or reopens a conversation. */
export function useAct(businessId: number, conversationId: number) {
  const refresh = useRefresh(businessId)
  return useMutation({
    mutationFn: (verb: Verb) => answer(VERBS[verb](conversationId)),
    onSuccess: refresh,
  })
}

/** A person's message. The same key twice sends once, so it changes with the text only. */
export function useWrite(businessId: number, conversationId: number) {
  const refresh = useRefresh(businessId)
  return useMutation({
    mutationFn: (body: Schemas['MessageBody']) =>
      answer(api.POST(`${ONE}/messages`, { ...at(conversationId), body })),
    onSuccess: refresh,
  })
}

/** A person's message by a template, under a key as that of a written one. */
export function useSendTemplate(businessId: number, conversationId: number) {
  const refresh = useRefresh(businessId)
  return useMutation({
    mutationFn: (body: Schemas['TemplateBody']) =>
      answer(api.POST(`${ONE}/templates`, { ...at(conversationId), body })),
    onSuccess: refresh,
  })
}

export function useAssign(businessId: number, conversationId: number) {
  const refresh = useRefresh(businessId)
  return useMutation({
    mutationFn: (userId: number | null) =>
      answer(api.PUT(`${ONE}/assignee`, { ...at(conversationId), body: { user_id: userId } })),
    onSuccess: refresh,
  })
}

export function useMarkRead(businessId: number, conversationId: number) {
  const refresh = useRefresh(businessId)
  return useMutation({
    mutationFn: (messageId: number) =>
      answer(api.PUT(`${ONE}/read`, { ...at(conversationId), body: { message_id: messageId } })),
    onSuccess: refresh,
  })
}

export function useAddNote(businessId: number, conversationId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (text: string) =>
      answer(api.POST(`${ONE}/notes`, { ...at(conversationId), body: { text } })),
    onSuccess: () => client.invalidateQueries(notesQuery(businessId, conversationId)),
  })
}

const VERBS = {
  takeOver: (id: number) => api.POST(`${ONE}/take-over`, at(id)),
  handBack: (id: number) => api.POST(`${ONE}/hand-back`, at(id)),
  close: (id: number) => api.POST(`${ONE}/close`, at(id)),
  reopen: (id: number) => api.POST(`${ONE}/reopen`, at(id)),
} satisfies Record<Verb, unknown>

function at(conversationId: number) {
  return { params: { path: { conversation_id: conversationId } } }
}

function useRefresh(businessId: number) {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: ['conversations', businessId] })
}
