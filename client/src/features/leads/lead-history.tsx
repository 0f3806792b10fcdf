import { Anchor, Stack, Text, Title } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { isolate, useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { useStageName } from '../../ui/lead-stages'
import { Loading, LoadMore } from '../../ui/page'
import { Ago } from '../../ui/text'
import { LeadAppointments } from './lead-appointments'
import { historyQuery, sourcesQuery, type HistoryEntry } from './queries'

interface Props {
  businessId: number
  leadId: number
  timeZone: string
}

/** Where a lead came from, and what happened to it since. */
export function LeadHistory({ businessId, leadId, timeZone }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const sources = useQuery(sourcesQuery(businessId, leadId))
  const history = useInfiniteQuery(historyQuery(businessId, leadId))
  const entries = history.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Stack gap="sm">
      <Title order={3} size="h6">
        {t('leads.sources')}
      </Title>
      {sources.isError && <ErrorNotice error={sources.error} />}
      {sources.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('leads.noSources')}
        </Text>
      )}
      {sources.data?.items.map((source) => (
        <Text key={source.id} size="sm" component="div">
          <Anchor
            component={Link}
            to={`/conversations/${source.id}`}
            size="sm"
            data-testid={`source-${source.id}`}
          >
            {t('leads.openSource', { channel: wordFor('channel', source.channel) })}
          </Anchor>{' '}
          · <Ago at={source.last_message_at} timeZone={timeZone} />
          {source.is_stopped && (
            <Text size="sm" fw={600} data-testid={`stopped-${source.id}`}>
              {t('leads.stopped')}
            </Text>
          )}
        </Text>
      ))}
      <LeadAppointments businessId={businessId} leadId={leadId} timeZone={timeZone} />
      <Title order={3} size="h6">
        {t('leads.history')}
      </Title>
      {history.isError && <ErrorNotice error={history.error} />}
      {history.isPending && <Loading />}
      {entries.map((entry) => (
        <div key={entry.id} data-testid={`history-${entry.id}`}>
          <Text size="sm">
            <What entry={entry} />
          </Text>
          <Text size="xs" c="dimmed" component="div">
            <bdi>{entry.actor ?? t('leads.assistant')}</bdi> ·{' '}
            <Ago at={entry.at} timeZone={timeZone} />
          </Text>
        </div>
      ))}
      <LoadMore
        hasMore={history.hasNextPage}
        isLoading={history.isFetchingNextPage}
        onMore={() => void history.fetchNextPage()}
      />
    </Stack>
  )
}

function What({ entry }: { entry: HistoryEntry }) {
  const wordFor = useWordFor()
  const nameOf = useStageName()
  const stage = (key: string | null, name: string | null) =>
    key === null ? '' : isolate(nameOf(key, name))
  return wordFor('leadEvent', entry.kind, {
    from: stage(entry.from_status, entry.from_name),
    to: stage(entry.to_status, entry.to_name),
    fields: entry.fields.map((field) => wordFor('fields', field)).join(', '),
  })
}
