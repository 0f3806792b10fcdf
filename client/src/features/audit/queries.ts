import { infiniteQueryOptions } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../../http'

export type AuditEntry = Schemas['AuditEntry']

export const auditQuery = (businessId: number) =>
  infiniteQueryOptions({
    queryKey: ['audit', businessId],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/business/current/audit', {
          params: { query: { after: pageParam ?? undefined } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  })
