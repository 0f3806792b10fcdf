import { queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type Appointment = Schemas['Appointment']
export type AppointmentBody = Schemas['AppointmentBody']
export type Availability = Schemas['Availability']
export type AvailabilityBody = Schemas['AvailabilityBody']

/** Seven days from this one on, or from today. */
export const appointmentsQuery = (businessId: number, day: string | null) =>
  queryOptions({
    queryKey: ['appointments', businessId, 'list', day],
    queryFn: () =>
      answer(
        api.GET('/api/business/current/appointments', {
          params: { query: { day: day ?? undefined, days: 7 } },
        }),
      ),
  })

export const freeTimesQuery = (businessId: number, day: string) =>
  queryOptions({
    queryKey: ['appointments', businessId, 'free', day],
    queryFn: () =>
      answer(api.GET('/api/business/current/appointments/free', { params: { query: { day } } })),
  })

export const availabilityQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['appointments', businessId, 'availability'],
    queryFn: () => answer(api.GET('/api/business/current/appointments/availability')),
  })

/** A lead shows its appointments too. */
const forget = (client: QueryClient, businessId: number) =>
  Promise.all([
    client.invalidateQueries({ queryKey: ['appointments', businessId] }),
    client.invalidateQueries({ queryKey: ['leads', businessId, 'appointments'] }),
  ])

export function useBook(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: AppointmentBody) =>
      answer(api.POST('/api/business/current/appointments', { body })),
    // After a refusal too: somebody else was faster, and what is free has changed.
    onSettled: () => forget(client, businessId),
  })
}

export function useCancel(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: number) =>
      answer(
        api.POST('/api/business/current/appointments/{appointment_id}/cancel', {
          params: { path: { appointment_id: id } },
        }),
      ),
    onSettled: () => forget(client, businessId),
  })
}

export function useReplaceAvailability(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: AvailabilityBody) =>
      answer(api.PUT('/api/business/current/appointments/availability', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['appointments', businessId] }),
  })
}
