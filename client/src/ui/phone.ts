/** How a business answers its calls: the phone's settings change it, the simulator follows it. */
import { queryOptions } from '@tanstack/react-query'
import { answer, api } from '../http'

export const phoneSettingsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['phone', businessId, 'settings'],
    queryFn: () => answer(api.GET('/api/business/current/phone/settings')),
  })
