import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type BusinessHours = Schemas['BusinessHours']
export type HoursBody = Schemas['HoursBody']
export type SpecialDay = Schemas['SpecialDay']
export type Closure = Schemas['Closure']
export type Preset = Schemas['Preset']

export const hoursQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['hours', businessId],
    queryFn: () => answer(api.GET('/api/business/current/hours')),
  })

export function useReplaceHours(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: HoursBody) => answer(api.PUT('/api/business/current/hours', { body })),
    onSuccess: async (saved) => {
      client.setQueryData(hoursQuery(businessId).queryKey, saved)
      // A day that is closed offers no appointments.
      await client.invalidateQueries({ queryKey: ['appointments', businessId] })
    },
  })
}
