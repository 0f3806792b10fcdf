import {
  Button,
  Code,
  Group,
  NativeSelect,
  PasswordInput,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { useFieldErrors } from '../../ui/error-words'
import { useConnect, type Credentials, type ProviderName, type WhatsappConnection } from './queries'

const PROVIDERS: ProviderName[] = ['meta', 'twilio']
/** The fields of each provider, by the names that the server knows them by; the secret one is last. */
const FIELDS = {
  meta: ['phone_number_id', 'access_token'],
  twilio: ['account_sid', 'number', 'auth_token'],
} as const
const EMPTY = { phone_number_id: '', access_token: '', account_sid: '', number: '', auth_token: '' }
const SECRET = ['access_token', 'auth_token']

interface Props {
  businessId: number
  connection: WhatsappConnection
  onStart: () => void
  onSaved: () => void
}

/** Takes credentials in. Nothing that was stored is put into its fields, since nothing comes out. */
export function ConnectionForm({ businessId, connection, onStart, onSaved }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const fieldErrors = useFieldErrors()
  const [provider, setProvider] = useState<ProviderName>(connection.provider ?? 'meta')
  const connect = useConnect(businessId)
  const fields = FIELDS[provider]
  const form = useForm({
    initialValues: EMPTY,
    validate: (values) =>
      Object.fromEntries(
        fields
          .filter((field) => values[field].trim() === '')
          .map((field) => [field, wordFor('detail', 'missing')]),
      ),
  })
  const submit = form.onSubmit((values) => {
    onStart()
    const given = Object.fromEntries(
      Object.entries(values).map(([field, value]) => [field, value.trim()]),
    ) as typeof EMPTY
    const { phone_number_id, access_token, account_sid, number, auth_token } = given
    const credentials: Credentials =
      provider === 'meta'
        ? { provider, body: { phone_number_id, access_token } }
        : { provider, body: { account_sid, number, auth_token } }
    connect.mutate(credentials, {
      onSuccess: () => {
        form.reset()
        onSaved()
      },
      onError: (error) => form.setErrors(fieldErrors(error)),
    })
  })
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <NativeSelect
          label={t('whatsapp.provider')}
          data={PROVIDERS.map((value) => ({
            value,
            label: wordFor('whatsapp.providerName', value),
          }))}
          value={provider}
          onChange={(event) => {
            connect.reset()
            form.reset()
            setProvider(event.currentTarget.value as ProviderName)
          }}
          data-testid="connection-provider"
        />
        <div>
          <Text size="sm" fw={500}>
            {t('whatsapp.webhook')}
          </Text>
          <Code block dir="ltr" data-testid="connection-webhook">
            {connection.webhooks[provider]}
          </Code>
          <Text size="xs" c="dimmed">
            {t('whatsapp.webhookText')}
          </Text>
        </div>
        {connect.isError && <ErrorNotice error={connect.error} ownFields={fields} />}
        {fields.map((field) => {
          const Field = SECRET.includes(field) ? PasswordInput : TextInput
          return (
            <Field
              key={`${provider} ${field}`}
              label={wordFor('fields', field)}
              dir="ltr"
              required
              autoComplete={SECRET.includes(field) ? 'new-password' : 'off'}
              {...form.getInputProps(field)}
              data-testid={`connection-${field}`}
            />
          )
        })}
        <Group justify="flex-end">
          <Button type="submit" loading={connect.isPending} data-testid="connection-save">
            {connection.provider === null ? t('whatsapp.connect') : t('whatsapp.replace')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
