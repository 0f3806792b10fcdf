import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type Fact = Schemas['Fact']
export type FactBody = Schemas['FactBody']
export type FactKind = FactBody['kind']

export const FACT_KINDS: FactKind[] = ['hours', 'service', 'price', 'answer']

export const factsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['facts', businessId],
    queryFn: () => answer(api.GET('/api/business/current/facts')),
  })

/** Writes a fact down, or changes the one whose id is given. */
export function useSaveFact(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, body }: { id: number | null; body: FactBody }) =>
      id === null
        ? answer(api.POST('/api/business/current/facts', { body }))
        : answer(
            api.PATCH('/api/business/current/facts/{fact_id}', {
              params: { path: { fact_id: id } },
              body,
            }),
          ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['facts', businessId] }),
  })
}

export function useDeleteFact(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: number) =>
      answer(
        api.DELETE('/api/business/current/facts/{fact_id}', {
          params: { path: { fact_id: id } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['facts', businessId] }),
  })
}
