import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../../http'
import { saveFile } from '../../ui/save-file'

const PATH = '/api/business/current/leads/{lead_id}/person'

/** What is held of a lead's person, and what of it an erasure removes. */
export const personQuery = (businessId: number, leadId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'person', leadId],
    queryFn: () => answer(api.GET(PATH, at(leadId))),
  })

/** Fetches the file of everything and hands it to the browser as a download. */
export function useExportPerson(leadId: number) {
  return useMutation({
    mutationFn: async () => {
      const { data, response } = await api.POST(`${PATH}/export`, {
        ...at(leadId),
        parseAs: 'blob',
      })
      const named = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')
      saveFile(data as unknown as Blob, named?.[1] ?? 'person.zip')
    },
  })
}

export function useErasePerson(businessId: number, leadId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (confirmation: string) =>
      answer(api.POST(`${PATH}/erase`, { ...at(leadId), body: { confirmation } })),
    // Everything is read again but what was erased: that is not there to be asked for.
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({
          queryKey: ['leads', businessId],
          predicate: ({ queryKey }) => !queryKey.includes(leadId),
        }),
        client.invalidateQueries({ queryKey: ['conversations', businessId] }),
      ]),
  })
}

function at(leadId: number) {
  return { params: { path: { lead_id: leadId } } }
}
