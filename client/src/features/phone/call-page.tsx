import { Anchor, Badge, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { Card, Loading, PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { PhoneText } from '../../ui/text'
import { OfferedText } from './offered-text'
import { Direction, Outcome } from './outcome'
import { OutgoingNote } from './outgoing-note'
import { Recording } from './recording'
import { callQuery, type Call, type CallTurn } from './queries'
import { Transfers } from './transfers'

/** One call: who and when, what came of it, and each turn with its words and its times. */
export function CallPage() {
  const { t } = useWords()
  const business = useBusiness()
  const { id } = useParams()
  const found = useQuery(callQuery(business.id, Number(id)))
  return (
    <>
      {found.isError && <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Loading />}
      {found.data !== undefined && (
        <>
          <Head call={found.data.call} timeZone={business.timezone} />
          <Stack gap="lg">
            <OutgoingNote call={found.data.call} />
            <Summary call={found.data.call} />
            <Transfers rung={found.data.transfers} timeZone={business.timezone} />
            <OfferedText text={found.data.text} timeZone={business.timezone} />
            <Recording
              businessId={business.id}
              timeZone={business.timezone}
              call={found.data.call}
              recording={found.data.recording}
            />
            {found.data.turns.length > 0 && (
              <section aria-labelledby="turns-title">
                <Title order={2} size="h4" id="turns-title" mb="xs">
                  {t('calls.turns')}
                </Title>
                <Card>
                  <Stack gap="lg" component="ol" p={0} m={0} style={{ listStyle: 'none' }}>
                    {found.data.turns.map((turn) => (
                      <Turn key={turn.step} turn={turn} timeZone={business.timezone} />
                    ))}
                  </Stack>
                </Card>
              </section>
            )}
          </Stack>
        </>
      )}
    </>
  )
}

function Head({ call, timeZone }: { call: Call; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  return (
    <>
      <Anchor component={Link} to="/calls" size="sm">
        {t('calls.back')}
      </Anchor>
      <PageTitle
        title={<bdi>{call.contact_name ?? call.contact_phone ?? t('conversations.unknown')}</bdi>}
        subtitle={
          <Group gap="xs" component="span">
            <Direction call={call} />
            {call.contact_phone !== null && <PhoneText phone={call.contact_phone} />}
            <time dateTime={call.started_at}>{formats.dateTime(call.started_at)}</time>
            {call.duration_s !== null && <span>{formats.clock(call.duration_s)}</span>}
            {call.end_reason !== null && <span>{wordFor('calls.reason', call.end_reason)}</span>}
          </Group>
        }
        actions={<Outcome call={call} />}
      />
    </>
  )
}

function Summary({ call }: { call: Call }) {
  const { t } = useWords()
  return (
    <Card>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {t('calls.summary')}
        </Title>
        {call.summary === null ? (
          <Text c="dimmed">{t('calls.noSummary')}</Text>
        ) : (
          <Text dir="auto" data-testid="summary" style={{ whiteSpace: 'pre-wrap' }}>
            {call.summary}
          </Text>
        )}
        {call.summary_by === 'intake' && (
          <Text size="xs" c="dimmed">
            {t('calls.ownWords')}
          </Text>
        )}
        <Group gap="md">
          {call.lead_id !== null && (
            <Anchor component={Link} to={`/leads/${call.lead_id}`} size="sm">
              {t('calls.lead')}
            </Anchor>
          )}
          <Anchor component={Link} to={`/conversations/${call.conversation_id}`} size="sm">
            {t('calls.conversation')}
          </Anchor>
        </Group>
      </Stack>
    </Card>
  )
}

function Turn({ turn, timeZone }: { turn: CallTurn; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  return (
    <Stack gap={4} component="li" data-testid={`turn-${turn.step}`}>
      <Text size="xs" c="dimmed" component="time" dateTime={turn.heard_at}>
        {formats.time(turn.heard_at)}
      </Text>
      {turn.kind === 'silence' && <Text c="dimmed">{t('calls.silence')}</Text>}
      {turn.heard !== null && (
        <Group gap="xs" align="baseline">
          <Text fw={600} size="sm">
            {wordFor('author', 'customer')}
          </Text>
          <Text dir="auto" style={{ whiteSpace: 'pre-wrap' }}>
            {turn.heard}
          </Text>
          {turn.is_partial && (
            <Badge size="sm" variant="light" color="yellow" tt="none">
              {t('calls.partial')}
            </Badge>
          )}
        </Group>
      )}
      {turn.said !== null && (
        <Group gap="xs" align="baseline">
          <Text fw={600} size="sm">
            {wordFor('author', turn.said_by ?? 'assistant')}
          </Text>
          <Text dir="auto" c={turn.is_said ? undefined : 'dimmed'}>
            {turn.spoken || turn.said}
          </Text>
          {!turn.is_said && (
            <Badge size="sm" variant="light" color="gray" tt="none">
              {t('calls.unsaid')}
            </Badge>
          )}
        </Group>
      )}
      <Times turn={turn} />
    </Stack>
  )
}

/** Where the time between the caller's last word and the first of ours went. */
function Times({ turn }: { turn: CallTurn }) {
  const { t } = useWords()
  const formats = useFormats()
  if (turn.model_ms === null || turn.first_audio_ms === null) return null
  const seconds = (ms: number | null) => formats.seconds((ms ?? 0) / 1000)
  return (
    <Text size="xs" c="dimmed">
      {t('calls.times', {
        all: seconds(turn.first_audio_ms),
        first: seconds(turn.first_token_ms),
        model: seconds(turn.model_ms),
        tools: seconds(turn.tools_ms),
      })}
      {turn.waits > 0 && ` · ${t('calls.waited', { number: turn.waits })}`}
    </Text>
  )
}
