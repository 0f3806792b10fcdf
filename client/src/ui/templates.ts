/** The message templates of the business's number, for the page that lists them and the one that sends. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { answer, api, type Schemas } from '../http'

export type MessageTemplate = Schemas['MessageTemplate']
export type TemplateList = Schemas['MessageTemplateList']

export const templatesQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['whatsapp', businessId, 'templates'],
    queryFn: () => answer(api.GET('/api/business/current/whatsapp/templates')),
  })

/** Reads them from the provider anew. */
export function useSyncTemplates(businessId: number) {
  return useList(businessId, () =>
    answer(api.POST('/api/business/current/whatsapp/templates/sync')),
  )
}

/** Names Meta's account of the number, and reads its templates. */
export function useNameAccount(businessId: number) {
  return useList(businessId, (wabaId: string) =>
    answer(
      api.PUT('/api/business/current/whatsapp/templates/account', { body: { waba_id: wabaId } }),
    ),
  )
}

/** Reads them once by itself when the list is older than it should be to be offered. */
export function useFreshTemplates(businessId: number, list: TemplateList | undefined) {
  const { mutate, isIdle, isPending, error } = useSyncTemplates(businessId)
  const isDue = list?.is_due === true
  useEffect(() => {
    if (isDue && isIdle) mutate()
  }, [isDue, isIdle, mutate])
  return { isPending, error }
}

function useList<Given = void>(
  businessId: number,
  mutationFn: (given: Given) => Promise<TemplateList>,
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn,
    onSuccess: (list) => client.setQueryData(templatesQuery(businessId).queryKey, list),
  })
}
