import { Badge, Stack, Text } from '@mantine/core'
import { useWordFor, useWords } from '../../i18n'
import type { Call } from './queries'

const COLORS: Record<string, string> = {
  booked: 'green',
  transferred: 'green',
  message_taken: 'blue',
  answered: 'gray',
  missed: 'yellow',
  failed: 'red',
}

/** Says of a call that the business made it; most come in, and say nothing. */
export function Direction({ call }: { call: Call }) {
  const { t } = useWords()
  if (call.direction === 'inbound') return null
  return (
    <Badge
      component="span"
      size="sm"
      variant="light"
      color="indigo"
      tt="none"
      data-testid="outgoing"
    >
      {t('calls.outgoing')}
    </Badge>
  )
}

/** What became of a call, and of one that nobody answered, why. */
export function Outcome({ call }: { call: Call }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const isOutgoing = call.direction === 'outbound'
  if (call.ended_at === null) {
    const isRinging = isOutgoing && call.status !== 'in-progress'
    return (
      <Badge variant="light" color="green" tt="none" data-testid="outcome">
        {isRinging ? t('calls.ringing') : t('calls.now')}
      </Badge>
    )
  }
  const isUnanswered = call.outcome === 'missed' || call.outcome === 'failed'
  return (
    <Stack gap={2} align="flex-end">
      {call.outcome !== null && (
        <Badge variant="light" color={COLORS[call.outcome]} tt="none" data-testid="outcome">
          {wordFor(isOutgoing ? 'calls.outgoingOutcome' : 'calls.outcome', call.outcome)}
        </Badge>
      )}
      {isUnanswered && call.end_reason !== null && (
        <Text size="xs" c="dimmed">
          {wordFor('calls.reason', call.end_reason)}
        </Text>
      )}
    </Stack>
  )
}
