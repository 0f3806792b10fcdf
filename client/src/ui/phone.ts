/** The phone of a business: its settings change it, the simulator and the home page follow it. */
import { queryOptions } from '@tanstack/react-query'
import { answer, api } from '../http'

export const phoneSettingsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['phone', businessId, 'settings'],
    queryFn: () => answer(api.GET('/api/business/current/phone/settings')),
  })

export const phoneConnectionQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['phone', businessId, 'connection'],
    queryFn: () => answer(api.GET('/api/business/current/phone/connection')),
  })
