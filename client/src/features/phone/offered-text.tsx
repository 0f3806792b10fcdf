import { Anchor, Badge, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { Card } from '../../ui/page'
import type { CallText } from './queries'

const COLORS: Record<CallText['state'], string> = {
  asked: 'gray',
  refused: 'gray',
  queued: 'teal',
  sent: 'green',
  delivered: 'green',
  failed: 'red',
}

/** The text that a caller was offered after nobody came, and what became of it. */
export function OfferedText({ text, timeZone }: { text: CallText | null; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  if (text === null) return null
  return (
    <section aria-labelledby="text-title">
      <Title order={2} size="h4" id="text-title" mb="xs">
        {t('callText.title')}
      </Title>
      <Card>
        <Stack gap="xs">
          <Group gap="xs">
            <Badge variant="light" tt="none" color={COLORS[text.state]} data-testid="text-state">
              {wordFor('callText.state', text.state)}
            </Badge>
            {text.way !== null && <Text size="sm">{wordFor('callText.way', text.way)}</Text>}
            <Text size="xs" c="dimmed" component="time" dateTime={text.updated_at}>
              {formats.dateTime(text.updated_at)}
            </Text>
            {text.conversation_id !== null && (
              <Anchor component={Link} to={`/conversations/${text.conversation_id}`} size="sm">
                {t('calls.conversation')}
              </Anchor>
            )}
          </Group>
          {text.error !== null && (
            <Text size="sm" c={text.state === 'failed' ? 'red.9' : undefined} role="alert">
              {wordFor('callText.error', text.error)}
              {text.detail !== null && (
                <>
                  {' '}
                  <bdi dir="ltr">({text.detail})</bdi>
                </>
              )}
            </Text>
          )}
        </Stack>
      </Card>
    </section>
  )
}
