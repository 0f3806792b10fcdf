import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type Prompts = Schemas['Prompts']
export type PromptsBody = Schemas['PromptsBody']

export const promptsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['prompts', businessId],
    queryFn: () => answer(api.GET('/api/business/current/prompt')),
  })

export function useReplacePrompts(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: PromptsBody) => answer(api.PUT('/api/business/current/prompt', { body })),
    onSuccess: (saved) => client.setQueryData(promptsQuery(businessId).queryKey, saved),
  })
}
