import { Badge, Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { isolate, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { ErrorNotice } from '../../ui/error-notice'
import { Card, Loading, PageTitle } from '../../ui/page'
import { Row, RowList } from '../../ui/row-list'
import { sessionsQuery, useEndSession, type LoginSession } from './queries'
import { deviceOf } from './user-agent'

/** Where this account is signed in. A session that is ended here is refused from its next request. */
export function SessionsPage() {
  const { t } = useWords()
  const sessions = useQuery(sessionsQuery)
  const [ending, setEnding] = useState<LoginSession | null>(null)
  const end = useEndSession()
  const close = () => {
    setEnding(null)
    end.reset()
  }
  return (
    <>
      <PageTitle title={t('sessions.title')} subtitle={t('sessions.subtitle')} />
      {sessions.isError && (
        <ErrorNotice error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.isPending && <Loading />}
      {sessions.data !== undefined && (
        <Card isFlush>
          <RowList>
            {sessions.data.items.map((session) => (
              <SessionRow key={session.id} session={session} onEnd={() => setEnding(session)} />
            ))}
          </RowList>
        </Card>
      )}
      <ConfirmDialog
        isOpen={ending !== null}
        title={t('sessions.end')}
        text={t('sessions.endText', { device: isolate(deviceOf(ending?.user_agent ?? '')) })}
        confirmLabel={t('sessions.end')}
        isDangerous
        isPending={end.isPending}
        error={end.error}
        onConfirm={() => ending !== null && end.mutate(ending.id, { onSuccess: close })}
        onCancel={close}
      />
    </>
  )
}

function SessionRow({ session, onEnd }: { session: LoginSession; onEnd: () => void }) {
  const { t } = useWords()
  const formats = useFormats()
  return (
    <Row
      testId={`session-${session.id}`}
      action={
        !session.is_current && (
          <Button variant="default" size="sm" onClick={onEnd} data-testid={`end-${session.id}`}>
            {t('sessions.end')}
          </Button>
        )
      }
    >
      <Group gap={8}>
        <Text fw={600}>
          <bdi>{deviceOf(session.user_agent) || t('sessions.unknownDevice')}</bdi>
        </Text>
        {session.is_current && (
          <Badge variant="light" tt="none" size="sm">
            {t('sessions.current')}
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {t('sessions.since', {
          at: formats.dateTime(session.created_at),
          address: isolate(session.remote_address),
        })}
      </Text>
    </Row>
  )
}
