import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'
import { saveFile } from '../../ui/save-file'

export type Lead = Schemas['Lead']
export type CreatedLead = Schemas['CreatedLead']
export type LeadBody = Schemas['LeadBody']
export type HistoryEntry = Schemas['HistoryEntry']

const PAGE_SIZE = 50

export const leadsQuery = (businessId: number, status: string | null) =>
  infiniteQueryOptions({
    queryKey: ['leads', businessId, 'list', status],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/leads', {
          params: {
            query: {
              limit: PAGE_SIZE,
              after: pageParam ?? undefined,
              status: status ?? undefined,
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })

/** Creates a lead, or changes the one whose id is given. */
export function useSaveLead(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, body }: { id: number | null; body: LeadBody }) =>
      id === null
        ? answer(api.POST('/api/business/current/leads', { body }))
        : answer(
            api.PATCH('/api/business/current/leads/{lead_id}', {
              params: { path: { lead_id: id } },
              body,
            }),
          ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['leads', businessId] }),
  })
}

export function useDeleteLead(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: number) =>
      answer(
        api.DELETE('/api/business/current/leads/{lead_id}', {
          params: { path: { lead_id: id } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['leads', businessId] }),
  })
}

/** Fetches the file of all leads and hands it to the browser as a download. */
export function useExportLeads() {
  return useMutation({
    mutationFn: async () => {
      const { data, response } = await api.POST('/api/business/current/leads/export', {
        parseAs: 'blob',
      })
      const named = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')
      saveFile(data as unknown as Blob, named?.[1] ?? 'leads.csv')
    },
  })
}

export const duplicatesQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'duplicates'],
    queryFn: () => answer(api.GET('/api/business/current/leads/duplicates')),
  })

export const historyQuery = (businessId: number, leadId: number) =>
  infiniteQueryOptions({
    queryKey: ['leads', businessId, 'history', leadId],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/leads/{lead_id}/history', {
          params: {
            path: { lead_id: leadId },
            query: { limit: 20, after: pageParam ?? undefined },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })

export const sourcesQuery = (businessId: number, leadId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'sources', leadId],
    queryFn: () =>
      answer(
        api.GET('/api/business/current/leads/{lead_id}/conversations', {
          params: { path: { lead_id: leadId } },
        }),
      ),
  })

export const leadAppointmentsQuery = (businessId: number, leadId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'appointments', leadId],
    queryFn: () =>
      answer(
        api.GET('/api/business/current/leads/{lead_id}/appointments', {
          params: { path: { lead_id: leadId } },
        }),
      ),
  })

/** Moves a lead to another stage. It is under way until the board was read again, so that the card
 * does not jump back for a moment. */
export function useMoveLead(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ lead, status }: { lead: Lead; status: string }) =>
      answer(
        api.PATCH('/api/business/current/leads/{lead_id}', {
          params: { path: { lead_id: lead.id } },
          // The type wants every field; the server changes those that are there.
          body: { status } as Schemas['LeadPatch'],
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['leads', businessId] }),
  })
}

export function useMergeLeads(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ keptId, otherId }: { keptId: number; otherId: number }) =>
      answer(
        api.POST('/api/business/current/leads/{lead_id}/merge', {
          params: { path: { lead_id: keptId } },
          body: { from: otherId },
        }),
      ),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['leads', businessId] }),
        client.invalidateQueries({ queryKey: ['conversations', businessId] }),
      ]),
  })
}

export function useSaveStages(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Schemas['StagesBody']) =>
      answer(api.PUT('/api/business/current/leads/stages', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['leads', businessId] }),
  })
}
