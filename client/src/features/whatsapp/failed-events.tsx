import { Anchor, Button, Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { CheckIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { Row, RowList } from '../../ui/row-list'
import type { ActingBusiness } from '../../ui/session'
import { failedEventsQuery, useRetryEvent, type FailedEvent } from './queries'

/** Messages that nobody answered because something failed to the end, each with a way to try again. */
export function FailedEvents({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const failed = useInfiniteQuery(failedEventsQuery(business.id))
  const retry = useRetryEvent(business.id)
  const [isRunning, setRunning] = useState(false)
  const events = failed.data?.pages.flatMap((page) => page.items) ?? []
  const run = (id: number) => {
    setRunning(false)
    retry.mutate(id, { onSuccess: () => setRunning(true) })
  }
  return (
    <section aria-labelledby="failed-title">
      <Title order={2} size="h4" id="failed-title" mb="xs">
        {t('whatsapp.failed')}
      </Title>
      {failed.isError && <ErrorNotice error={failed.error} onRetry={() => void failed.refetch()} />}
      {retry.isError && <ErrorNotice error={retry.error} />}
      {isRunning && <Receipt title={t('whatsapp.running')} onClose={() => setRunning(false)} />}
      {failed.isPending && <Loading />}
      {failed.data !== undefined && (
        <Card isFlush>
          {events.length === 0 ? (
            <EmptyState
              icon={<CheckIcon size={26} />}
              title={t('whatsapp.noneFailed')}
              text={t('whatsapp.noneFailedText')}
            />
          ) : (
            <RowList>
              {events.map((event) => (
                <EventRow
                  key={event.id}
                  event={event}
                  timeZone={business.timezone}
                  isPending={retry.isPending && retry.variables === event.id}
                  onRetry={() => run(event.id)}
                />
              ))}
            </RowList>
          )}
        </Card>
      )}
      <LoadMore
        hasMore={failed.hasNextPage}
        isLoading={failed.isFetchingNextPage}
        onMore={() => void failed.fetchNextPage()}
      />
    </section>
  )
}

interface EventRowProps {
  event: FailedEvent
  timeZone: string
  isPending: boolean
  onRetry: () => void
}

function EventRow({ event, timeZone, isPending, onRetry }: EventRowProps) {
  const { t } = useWords()
  const formats = useFormats(timeZone)
  return (
    <Row
      testId={`failed-${event.id}`}
      action={
        <Button
          variant="default"
          size="sm"
          loading={isPending}
          onClick={onRetry}
          data-testid={`retry-${event.id}`}
        >
          {t('whatsapp.runAgain')}
        </Button>
      }
    >
      <Text fw={600}>{t(`failure.${event.reason}`)}</Text>
      <Text size="sm" c="dimmed">
        {t('whatsapp.receivedAt', { at: formats.dateTime(event.received_at) })}
        {event.retries > 0 && ` · ${t('whatsapp.retries', { tries: event.retries })}`}
      </Text>
      {event.conversation_id !== null && (
        <Anchor component={Link} to={`/conversations/${event.conversation_id}`} size="sm">
          {t('whatsapp.conversation')}
        </Anchor>
      )}
    </Row>
  )
}
