import { Alert, Stack, Text } from '@mantine/core'
import { isolate, useWordFor, useWords } from '../../i18n'
import type { Call } from './queries'

/** Of a call that the business made: who speaks, who asked for it, and why the provider did not take it. */
export function OutgoingNote({ call }: { call: Call }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const made = call.outgoing
  if (made === null) return null
  const isRefused = call.end_reason?.startsWith('provider_') === true
  return (
    <Stack gap="xs" data-testid="outgoing-note">
      <Text size="sm">
        {made.speaker === 'assistant'
          ? t('calls.byAssistant')
          : t('calls.byPerson', { name: isolate(made.person_name ?? '') })}
        {made.asked_by !== null && ` ${t('calls.askedBy', { name: isolate(made.asked_by) })}`}
      </Text>
      {made.is_unknown && call.ended_at === null && (
        <Alert color="yellow" role="status">
          {t('calls.unknownYet')}
        </Alert>
      )}
      {isRefused && (
        <Alert
          color="red"
          role="alert"
          title={wordFor('calls.reason', call.end_reason ?? '')}
          data-testid="outgoing-refused"
        >
          <Text size="sm">{wordFor('calls.reasonTodo', call.end_reason ?? '')}</Text>
          {made.error !== null && (
            <Text size="xs" c="dimmed" dir="ltr">
              Twilio{made.error_code !== null && ` ${made.error_code}`}: {made.error}
            </Text>
          )}
        </Alert>
      )}
    </Stack>
  )
}
