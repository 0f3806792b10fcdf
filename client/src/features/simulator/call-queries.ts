import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type SimulatedCall = Schemas['SimulatedCall']
export type CallLine = Schemas['SimulatedCallLine']
export type Act = Schemas['SimulatedActBody']['kind']

/** Somebody is on the phone. */
const POLL_MS = 400

export function isOver(call: SimulatedCall): boolean {
  return call.state === 'over' || call.state === 'failed'
}

/** A simulated call with all its lines; each time only those are asked for that are new. */
export const simulatedCallQuery = (businessId: number, callId: number | null) =>
  queryOptions<SimulatedCall>({
    queryKey: ['simulated call', businessId, callId],
    enabled: callId !== null,
    refetchInterval: (query) => {
      const seen = query.state.data
      return seen !== undefined && isOver(seen) ? false : POLL_MS
    },
    queryFn: async ({ client, queryKey }) => {
      const known = client.getQueryData<SimulatedCall>(queryKey)?.lines ?? []
      const after = known.at(-1)?.number ?? 0
      const seen = await answer(
        api.GET('/api/business/current/simulator/calls/{call_id}', {
          params: { path: { call_id: callId ?? 0 }, query: { after } },
        }),
      )
      const fresh = seen.lines.filter((line) => line.number > after)
      return { ...seen, lines: [...known, ...fresh] }
    },
  })

export function useDial() {
  return useMutation({
    mutationFn: (body: Schemas['SimulatedCallBody']) =>
      answer(api.POST('/api/business/current/simulator/calls', { body })),
  })
}

/** What the caller does, one after the other. */
export function useAct(businessId: number, callId: number) {
  const client = useQueryClient()
  return useMutation({
    scope: { id: `simulated call ${callId}` },
    mutationFn: ({ kind, text = '' }: { kind: Act; text?: string }) =>
      answer(
        api.POST('/api/business/current/simulator/calls/{call_id}/acts', {
          params: { path: { call_id: callId } },
          body: { kind, text },
        }),
      ),
    onSuccess: () => client.invalidateQueries(simulatedCallQuery(businessId, callId)),
  })
}
