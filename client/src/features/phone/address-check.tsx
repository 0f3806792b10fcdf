import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { CheckIcon, WarningIcon } from '../../ui/icons'
import { useCheckPhone } from './queries'

/** Asks the addresses from outside, as Twilio would, and says what is wrong with each. */
export function AddressCheck() {
  const { t } = useWords()
  const wordFor = useWordFor()
  const check = useCheckPhone()
  return (
    <Stack gap="xs" mt="sm">
      <Group>
        <Button
          variant="default"
          loading={check.isPending}
          onClick={() => check.mutate()}
          data-testid="phone-check"
        >
          {t('phone.check')}
        </Button>
      </Group>
      {check.isError && <ErrorNotice error={check.error} />}
      {check.data?.obstacle != null && (
        <Alert color="yellow" variant="light" icon={<WarningIcon />} role="alert">
          {wordFor('phone.obstacle', check.data.obstacle)}
        </Alert>
      )}
      {check.data?.addresses.map((one) => (
        <Alert
          key={one.address}
          color={one.result === 'ok' ? 'green' : 'red'}
          variant="light"
          icon={one.result === 'ok' ? <CheckIcon /> : <WarningIcon />}
          role={one.result === 'ok' ? 'status' : 'alert'}
          data-testid="check-result"
        >
          <Code dir="ltr" style={{ overflowWrap: 'anywhere' }}>
            {one.address}
          </Code>
          <Text size="sm" mt={4}>
            {wordFor('phone.checkResult', one.result)}
            {one.result === 'error' && ` (${one.status})`}
          </Text>
        </Alert>
      ))}
    </Stack>
  )
}
