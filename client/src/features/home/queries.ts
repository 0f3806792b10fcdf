import { queryOptions } from '@tanstack/react-query'
import { answer, api } from '../../http'

const NEWEST_LEADS = 5

export const assistantQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['assistant', businessId],
    queryFn: () => answer(api.GET('/api/business/current/assistant')),
  })

export const servingPromptsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['prompts', businessId],
    queryFn: () => answer(api.GET('/api/business/current/prompt')),
  })

/** Under the key of all leads, so that a change to any of them refreshes these too. */
export const newestLeadsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'newest'],
    queryFn: () =>
      answer(
        api.GET('/api/business/current/leads', { params: { query: { limit: NEWEST_LEADS } } }),
      ),
  })
