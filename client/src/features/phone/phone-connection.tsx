import {
  Alert,
  Button,
  Code,
  Group,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { useFieldErrors } from '../../ui/error-words'
import { WarningIcon } from '../../ui/icons'
import { Card, Loading } from '../../ui/page'
import { phoneConnectionQuery } from '../../ui/phone'
import { Receipt } from '../../ui/receipt'
import type { ActingBusiness } from '../../ui/session'
import { AddressCheck } from './address-check'
import { useConnectPhone, useTestPhone, type PhoneConnection } from './queries'

const FIELDS = ['account_sid', 'number', 'auth_token'] as const
const ADDRESSES = ['call', 'fallback', 'status'] as const

/** Which number takes the calls, what to enter at Twilio, and whether both work. */
export function PhoneConnectionCard({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const connection = useQuery(phoneConnectionQuery(business.id))
  if (connection.isPending) return <Loading />
  if (connection.isError) {
    return <ErrorNotice error={connection.error} onRetry={() => void connection.refetch()} />
  }
  return (
    <Card>
      <Stack gap="lg">
        <State connection={connection.data} timeZone={business.timezone} />
        <div>
          <Title order={3} size="h5" mb={4}>
            {t('phone.addresses')}
          </Title>
          <Text size="sm" c="dimmed" mb="xs">
            {t('phone.addressesText')}
          </Text>
          {!connection.data.is_reachable && (
            <Alert color="yellow" variant="light" icon={<WarningIcon />} mb="xs">
              {t('phone.unreachable')}
            </Alert>
          )}
          <Stack gap="xs">
            {ADDRESSES.map((name) => (
              <div key={name}>
                <Text size="sm" fw={500}>
                  {wordFor('phone.address', name)}
                </Text>
                <Code
                  block
                  dir="ltr"
                  style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
                  data-testid={`address-${name}`}
                >
                  {connection.data.webhooks[name]}
                </Code>
              </div>
            ))}
          </Stack>
          <AddressCheck />
        </div>
        <ConnectForm businessId={business.id} connection={connection.data} />
      </Stack>
    </Card>
  )
}

function State({ connection, timeZone }: { connection: PhoneConnection; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  const test = useTestPhone()
  const { number, account_sid: account, connected_at: at } = connection
  return (
    <Stack gap="xs">
      <Title order={2} size="h4" data-testid="phone-state">
        {number === null ? t('phone.notConnected') : t('phone.connected')}
      </Title>
      {number !== null && (
        <Group gap="xs">
          <Code dir="ltr">{number}</Code>
          {account !== null && <Code dir="ltr">{account}</Code>}
          {at !== null && (
            <Text size="sm" c="dimmed">
              {t('whatsapp.credentialsSet', { at: formats.dateTime(at) })}
            </Text>
          )}
        </Group>
      )}
      {test.isError && <ErrorNotice error={test.error} />}
      {test.data?.result === 'ok' && (
        <Receipt title={t('whatsapp.testResult.ok')} testId="phone-test" />
      )}
      {test.data !== undefined && test.data.result !== 'ok' && (
        <Alert
          color="red"
          variant="light"
          icon={<WarningIcon />}
          title={wordFor('whatsapp.testResult', test.data.result)}
          role="alert"
          data-testid="phone-test"
        />
      )}
      {number !== null && (
        <Group>
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t('whatsapp.test')}
          </Button>
        </Group>
      )}
    </Stack>
  )
}

function ConnectForm({
  businessId,
  connection,
}: {
  businessId: number
  connection: PhoneConnection
}) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const fieldErrors = useFieldErrors()
  const connect = useConnectPhone(businessId)
  const form = useForm({
    initialValues: { account_sid: '', number: '', auth_token: '' },
    validate: (values) =>
      Object.fromEntries(
        FIELDS.filter((field) => values[field].trim() === '').map((field) => [
          field,
          wordFor('detail', 'missing'),
        ]),
      ),
  })
  const submit = form.onSubmit((values) =>
    connect.mutate(
      {
        account_sid: values.account_sid.trim(),
        number: values.number.trim(),
        auth_token: values.auth_token.trim(),
      },
      {
        onSuccess: () => form.reset(),
        onError: (error) => form.setErrors(fieldErrors(error)),
      },
    ),
  )
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {t('phone.connectText')}
        </Text>
        {connect.isError && <ErrorNotice error={connect.error} ownFields={FIELDS} />}
        {connect.isSuccess && <Receipt title={t('phone.connectedNow')} />}
        {FIELDS.map((field) => {
          const Field = field === 'auth_token' ? PasswordInput : TextInput
          return (
            <Field
              key={field}
              label={field === 'number' ? t('phone.number') : wordFor('fields', field)}
              dir="ltr"
              required
              autoComplete={field === 'auth_token' ? 'new-password' : 'off'}
              {...form.getInputProps(field)}
              data-testid={`phone-${field}`}
            />
          )
        })}
        <Group justify="flex-end">
          <Button type="submit" loading={connect.isPending} data-testid="phone-connect">
            {connection.number === null ? t('whatsapp.connect') : t('whatsapp.replace')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
