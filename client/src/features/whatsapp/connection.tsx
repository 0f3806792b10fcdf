import { Alert, Button, Code, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { WarningIcon } from '../../ui/icons'
import { Card, Loading } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import type { ActingBusiness } from '../../ui/session'
import { ConnectionForm } from './connection-form'
import { connectionQuery, useTestConnection, type WhatsappConnection } from './queries'

/** Who carries the business's messages: what is connected, a test of it, and a form to replace it. */
export function Connection({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const connection = useQuery(connectionQuery(business.id))
  const [isSaved, setSaved] = useState(false)
  return (
    <section aria-labelledby="connection-title">
      <Title order={2} size="h4" id="connection-title" mb="xs">
        {t('whatsapp.connection')}
      </Title>
      {connection.isError && (
        <ErrorNotice error={connection.error} onRetry={() => void connection.refetch()} />
      )}
      {connection.isPending && <Loading />}
      {connection.data !== undefined && (
        <Card>
          <Stack gap="lg">
            <Text c="dimmed" size="sm">
              {t('whatsapp.connectionText')}
            </Text>
            {isSaved && (
              <Receipt title={t('whatsapp.connectedNow')} onClose={() => setSaved(false)} />
            )}
            <State
              key={`${connection.data.provider} ${connection.data.connected_at}`}
              connection={connection.data}
              timeZone={business.timezone}
            />
            <ConnectionForm
              businessId={business.id}
              connection={connection.data}
              onStart={() => setSaved(false)}
              onSaved={() => setSaved(true)}
            />
          </Stack>
        </Card>
      )}
    </section>
  )
}

function State({ connection, timeZone }: { connection: WhatsappConnection; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  const test = useTestConnection()
  const { provider, number, account_sid: account, connected_at: at } = connection
  return (
    <Stack gap="xs">
      <Text fw={600} data-testid="connection-state">
        {provider === null
          ? t('whatsapp.notConnected')
          : t('whatsapp.connectedTo', { provider: wordFor('whatsapp.providerName', provider) })}
      </Text>
      {number !== null && (
        <Group gap="xs">
          <Code dir="ltr">{number}</Code>
          {account !== null && <Code dir="ltr">{account}</Code>}
        </Group>
      )}
      {at !== null && (
        <Text size="sm" c="dimmed">
          {t('whatsapp.credentialsSet', { at: formats.dateTime(at) })}
        </Text>
      )}
      {test.isError && <ErrorNotice error={test.error} />}
      {test.data?.result === 'ok' && (
        <Receipt title={t('whatsapp.testResult.ok')} testId="test-result">
          {test.data.name !== null && <bdi>{t('whatsapp.testName', { name: test.data.name })}</bdi>}
        </Receipt>
      )}
      {test.data !== undefined && test.data.result !== 'ok' && (
        <Alert
          color="red"
          variant="light"
          icon={<WarningIcon />}
          title={wordFor('whatsapp.testResult', test.data.result)}
          role="alert"
          data-testid="test-result"
        />
      )}
      <Group>
        <Button
          variant="default"
          loading={test.isPending}
          onClick={() => test.mutate()}
          data-testid="connection-test"
        >
          {t('whatsapp.test')}
        </Button>
      </Group>
    </Stack>
  )
}
