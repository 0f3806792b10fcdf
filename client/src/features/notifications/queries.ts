import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type Notification = Schemas['Notification']
export type Delivery = Schemas['Delivery']
export type NotificationSettings = Schemas['NotificationSettings']
export type SettingsBody = Schemas['SettingsBody']

const ROOT = '/api/business/current/notifications'
const POLL_MS = 2_500
/** A hidden tab still counts in its title, less often. */
const HIDDEN_POLL_MS = 15_000

export const unreadQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['notifications', businessId, 'unread'],
    refetchInterval: () => (document.hidden ? HIDDEN_POLL_MS : POLL_MS),
    refetchIntervalInBackground: true,
    queryFn: () => answer(api.GET(`${ROOT}/unread`)),
  })

/** `newestId` is part of the key: what is shown is asked for again when there is something new. */
export const newestQuery = (businessId: number, newestId: number) =>
  queryOptions({
    queryKey: ['notifications', businessId, 'newest', newestId],
    queryFn: () => answer(api.GET(ROOT, { params: { query: { limit: 8 } } })),
  })

export const notificationsQuery = (businessId: number) =>
  infiniteQueryOptions({
    queryKey: ['notifications', businessId, 'list'],
    initialPageParam: null as string | null,
    refetchInterval: POLL_MS,
    queryFn: ({ pageParam }) =>
      answer(api.GET(ROOT, { params: { query: { after: pageParam ?? undefined, limit: 20 } } })),
    getNextPageParam: (page) => page.next,
  })

export const notificationSettingsQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['notifications', businessId, 'settings'],
    queryFn: () => answer(api.GET(`${ROOT}/settings`)),
  })

export function useReplaceNotificationSettings(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: SettingsBody) => answer(api.PUT(`${ROOT}/settings`, { body })),
    onSuccess: (saved) =>
      client.setQueryData(notificationSettingsQuery(businessId).queryKey, saved),
  })
}

export function useTestEmail() {
  return useMutation({
    mutationFn: (email: string) => answer(api.POST(`${ROOT}/test-email`, { body: { email } })),
  })
}

/** Marks one as read, or with `upTo` everything up to it. */
export function useMarkNotificationRead(businessId: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, upTo }: { id: number; upTo: boolean }) =>
      upTo
        ? answer(api.PUT(`${ROOT}/read`, { body: { notification_id: id } }))
        : answer(
            api.PUT(`${ROOT}/{notification_id}/read`, {
              params: { path: { notification_id: id } },
            }),
          ),
    onSuccess: (unread) => {
      client.setQueryData(unreadQuery(businessId).queryKey, unread)
      void client.invalidateQueries({ queryKey: ['notifications', businessId, 'newest'] })
      void client.invalidateQueries({ queryKey: ['notifications', businessId, 'list'] })
    },
  })
}
