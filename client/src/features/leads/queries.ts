import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'
import { saveFile } from '../../ui/save-file'

export type Lead = Schemas['Lead']
export type LeadBody = Schemas['LeadBody']
export type LeadStatus = LeadBody['status']

export const LEAD_STATUSES: LeadStatus[] = ['new', 'contacted', 'qualified', 'won', 'lost']
const PAGE_SIZE = 50

export const leadsQuery = (businessId: number, status: LeadStatus | null) =>
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
