import { Alert, Button, Code, Group, List, Stack, Text } from '@mantine/core'
import { useWordFor, useWords } from '../i18n'
import { asApiError, useFieldErrors, useRefusalWords } from './error-words'
import { WarningIcon } from './icons'

interface Props {
  error: unknown
  /** Shows a button that tries again, where trying again is one call. */
  onRetry?: () => void
  /** The fields whose faults a form shows beside each of them already. */
  ownFields?: readonly string[]
}

/** Says in words which layer refused, why, and what to do, with the id to find it in the log. */
export function ErrorNotice({ error, onRetry, ownFields = [] }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const fieldErrors = useFieldErrors()
  const refusal = asApiError(error)
  const words = useRefusalWords(refusal)
  const fields = Object.entries(fieldErrors(refusal)).filter(
    ([field]) => !field.includes('.') && !ownFields.includes(field),
  )
  const code = [refusal.status || null, refusal.error, refusal.reason].filter(Boolean).join(' · ')

  return (
    <Alert
      color="red"
      variant="light"
      icon={<WarningIcon />}
      title={words.why}
      role="alert"
      aria-live="assertive"
      data-testid="error-notice"
      data-error={refusal.error}
      data-reason={refusal.reason ?? ''}
    >
      <Stack gap={6}>
        {fields.length > 0 && (
          <List size="sm" withPadding>
            {fields.map(([field, why]) => (
              <List.Item key={field}>
                <b>{wordFor('fields', field)}</b>: <bdi>{why}</bdi>
              </List.Item>
            ))}
          </List>
        )}
        {words.todo !== null && <Text size="sm">{words.todo}</Text>}
        <Text size="xs" c="dimmed">
          {t('errors.refusedBy', { layer: words.layer })}
        </Text>
        <Group gap="xs">
          <Code dir="ltr">{code}</Code>
          {refusal.requestId !== null && (
            <Text size="xs" c="dimmed" component="span">
              {t('common.requestId')}:{' '}
              <Code dir="ltr" data-testid="error-request-id">
                {refusal.requestId}
              </Code>
            </Text>
          )}
        </Group>
        {onRetry !== undefined && (
          <Group>
            <Button size="xs" variant="light" color="red" onClick={onRetry}>
              {t('common.retry')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  )
}
