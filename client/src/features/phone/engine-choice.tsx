import { Alert, Button, Code, Group, Radio, Stack, Text } from '@mantine/core'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { CheckIcon, WarningIcon } from '../../ui/icons'
import { useCheckSockets } from './queries'

const ENGINES = ['gather', 'relay'] as const

interface Props {
  value: string
  onChange: (value: string) => void
}

/** How calls go, with what each way needs; the sockets can be tried before they are chosen. */
export function EngineChoice({ value, onChange }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const check = useCheckSockets()
  const isOk = check.data?.result === 'ok'
  return (
    <Stack gap="xs">
      <Radio.Group label={t('phone.engine')} value={value} onChange={onChange}>
        <Stack gap="sm" mt="xs">
          {ENGINES.map((engine) => (
            <Radio
              key={engine}
              value={engine}
              label={t(`phone.engines.${engine}`)}
              description={t(`phone.engineAbout.${engine}`)}
              data-testid={`engine-${engine}`}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Group>
        <Button
          variant="default"
          size="compact-sm"
          loading={check.isPending}
          onClick={() => check.mutate()}
          data-testid="check-sockets"
        >
          {t('phone.checkSockets')}
        </Button>
      </Group>
      {check.isError && <ErrorNotice error={check.error} />}
      {check.data !== undefined && (
        <Alert
          color={isOk ? 'green' : 'yellow'}
          variant="light"
          icon={isOk ? <CheckIcon /> : <WarningIcon />}
          role={isOk ? 'status' : 'alert'}
          data-testid="sockets-result"
        >
          <Code dir="ltr" style={{ overflowWrap: 'anywhere' }}>
            {check.data.address}
          </Code>
          <Text size="sm" mt={4}>
            {wordFor('phone.socketResult', check.data.result)}
          </Text>
        </Alert>
      )}
    </Stack>
  )
}
