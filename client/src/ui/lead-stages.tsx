/** The stages of leads: leads stand in them, and conversations show where their lead stands. */
import { Badge } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../http'
import { useWordFor } from '../i18n'

export type Stage = Schemas['Stage']

/** Under the key of all leads, so that a change to any of them counts anew. */
export const stagesQuery = (businessId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'stages'],
    queryFn: () => answer(api.GET('/api/business/current/leads/stages')),
  })

/** Under the key of all leads, so that a change to any of them refreshes this one too. */
export const leadQuery = (businessId: number, leadId: number) =>
  queryOptions({
    queryKey: ['leads', businessId, 'one', leadId],
    queryFn: () =>
      answer(
        api.GET('/api/business/current/leads/{lead_id}', { params: { path: { lead_id: leadId } } }),
      ),
  })

/** The name that somebody gave to a stage, else the built-in one in the reader's language. */
export function useStageName() {
  const wordFor = useWordFor()
  return (key: string, name: string | null | undefined) => name ?? wordFor('leadStatus', key)
}

const COLORS: Record<string, string> = {
  new: 'blue',
  contacted: 'yellow',
  qualified: 'grape',
  won: 'green',
  lost: 'gray',
}

export function StageBadge({ businessId, status }: { businessId: number; status: string }) {
  const stages = useQuery(stagesQuery(businessId))
  const nameOf = useStageName()
  const stage = stages.data?.items.find(({ key }) => key === status)
  return (
    <Badge
      variant="light"
      color={COLORS[status] ?? COLORS[stage?.kind ?? ''] ?? 'blue'}
      tt="none"
      fw={600}
      style={{ flexShrink: 0 }}
      data-status={status}
    >
      <bdi>{nameOf(status, stage?.name)}</bdi>
    </Badge>
  )
}
