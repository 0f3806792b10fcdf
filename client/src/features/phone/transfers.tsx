import { Badge, Group, Stack, Text, Title } from '@mantine/core'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { Card } from '../../ui/page'
import { PhoneText } from '../../ui/text'
import type { CallTransfer } from './queries'

const COLORS: Record<NonNullable<CallTransfer['result']>, string> = {
  connected: 'green',
  no_answer: 'yellow',
  busy: 'yellow',
  declined: 'yellow',
  failed: 'red',
  canceled: 'gray',
}

/** Who was rung for a call, one after the other, and what came of each. */
export function Transfers({ rung, timeZone }: { rung: CallTransfer[]; timeZone: string }) {
  const { t } = useWords()
  if (rung.length === 0) return null
  return (
    <section aria-labelledby="transfers-title">
      <Title order={2} size="h4" id="transfers-title" mb="xs">
        {t('transfer.rung')}
      </Title>
      <Card>
        <Stack gap="sm" component="ol" p={0} m={0} style={{ listStyle: 'none' }}>
          {rung.map((one) => (
            <Rung key={one.number} one={one} timeZone={timeZone} />
          ))}
        </Stack>
      </Card>
    </section>
  )
}

function Rung({ one, timeZone }: { one: CallTransfer; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  return (
    <Group gap="xs" component="li" align="baseline" data-testid={`transfer-${one.number}`}>
      <Text size="xs" c="dimmed" component="time" dateTime={one.rung_at}>
        {formats.time(one.rung_at)}
      </Text>
      <Text fw={600} size="sm">
        <bdi>{one.name}</bdi>
      </Text>
      <Text size="sm" c="dimmed">
        <PhoneText phone={one.phone} />
      </Text>
      <Badge
        variant="light"
        tt="none"
        color={one.result === null ? 'teal' : COLORS[one.result]}
        data-testid={`transfer-result-${one.number}`}
      >
        {one.result === null ? t('transfer.ringing') : wordFor('transfer.result', one.result)}
      </Badge>
      {one.rang_s !== null && (
        <Text size="sm" c="dimmed">
          {t('transfer.rangFor', { time: formats.clock(one.rang_s) })}
        </Text>
      )}
      {one.talked_s !== null && (
        <Text size="sm" c="dimmed">
          {t('transfer.talkedFor', { time: formats.clock(one.talked_s) })}
        </Text>
      )}
    </Group>
  )
}
