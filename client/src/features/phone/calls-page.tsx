import { Badge, Group, NativeSelect, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { CallIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { Row, RowList } from '../../ui/row-list'
import { useBusiness } from '../../ui/session'
import { PhoneText } from '../../ui/text'
import { Direction, Outcome } from './outcome'
import { callsQuery, type Call, type CallFilter } from './queries'

const FILTERS: CallFilter[] = ['all', 'answered', 'unanswered']

/** All calls, the newest first; those that nobody answered say why. */
export function CallsPage() {
  const { t } = useWords()
  const wordFor = useWordFor()
  const business = useBusiness()
  const [filter, setFilter] = useState<CallFilter>('all')
  const calls = useInfiniteQuery(callsQuery(business.id, filter))
  const rows = calls.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageTitle title={t('calls.title')} subtitle={t('calls.subtitle')} />
      <NativeSelect
        mb="md"
        maw={240}
        aria-label={t('calls.which')}
        value={filter}
        onChange={(event) => setFilter(event.currentTarget.value as CallFilter)}
        data={FILTERS.map((value) => ({ value, label: wordFor('calls.filter', value) }))}
        data-testid="calls-filter"
      />
      {calls.isError && <ErrorNotice error={calls.error} onRetry={() => void calls.refetch()} />}
      {calls.isPending && <Loading />}
      {calls.data !== undefined && (
        <Card isFlush>
          {rows.length === 0 ? (
            <EmptyState
              icon={<CallIcon size={26} />}
              title={t('calls.none')}
              text={t('calls.noneText')}
            />
          ) : (
            <RowList>
              {rows.map((call) => (
                <CallRow key={call.id} call={call} timeZone={business.timezone} />
              ))}
            </RowList>
          )}
        </Card>
      )}
      <LoadMore
        hasMore={calls.hasNextPage}
        isLoading={calls.isFetchingNextPage}
        onMore={() => void calls.fetchNextPage()}
      />
    </>
  )
}

function CallRow({ call, timeZone }: { call: Call; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  return (
    <Row testId={`call-${call.id}`} action={<Outcome call={call} />}>
      <Text fw={600} component={Link} to={`/calls/${call.id}`} td="none" c="inherit">
        <bdi>{call.contact_name ?? call.contact_phone ?? t('conversations.unknown')}</bdi>
      </Text>
      <Group gap="xs">
        <Direction call={call} />
        {call.contact_name !== null && call.contact_phone !== null && (
          <Text size="sm" c="dimmed">
            <PhoneText phone={call.contact_phone} />
          </Text>
        )}
        <Text size="sm" c="dimmed" component="time" dateTime={call.started_at}>
          {formats.dateTime(call.started_at)}
        </Text>
        {call.duration_s !== null && (
          <Text size="sm" c="dimmed">
            {formats.clock(call.duration_s)}
          </Text>
        )}
        {call.is_simulated && (
          <Badge size="sm" variant="light" color="gray" tt="none">
            {wordFor('channel', 'simulator')}
          </Badge>
        )}
      </Group>
      {call.summary !== null && (
        <Text size="sm" lineClamp={2} dir="auto">
          {call.summary}
        </Text>
      )}
    </Row>
  )
}
