import { Alert, Badge, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { WarningIcon } from '../../ui/icons'
import { Card, Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import {
  templatesQuery,
  useNameAccount,
  useSyncTemplates,
  type MessageTemplate,
  type TemplateList,
} from '../../ui/templates'

/** What the number may send outside the 24 hours, as its provider listed it. */
export function Templates({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const list = useQuery(templatesQuery(business.id))
  return (
    <section aria-labelledby="templates-title">
      <Title order={2} size="h4" id="templates-title" mb="xs">
        {t('templates.title')}
      </Title>
      {list.isError && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data !== undefined && (
        <Card>
          <Stack gap="md">
            <Text c="dimmed" size="sm">
              {t('templates.text')}
            </Text>
            {!list.data.is_connected && <Text size="sm">{t('templates.notConnected')}</Text>}
            {list.data.needs_account && <AccountForm businessId={business.id} />}
            {list.data.is_connected && !list.data.needs_account && (
              <Listed business={business} list={list.data} />
            )}
          </Stack>
        </Card>
      )}
    </section>
  )
}

function AccountForm({ businessId }: { businessId: number }) {
  const { t } = useWords()
  const [account, setAccount] = useState('')
  const name = useNameAccount(businessId)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (account.trim() !== '') name.mutate(account.trim())
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={t('fields.waba_id')}
          description={t('templates.accountText')}
          value={account}
          onChange={(event) => setAccount(event.currentTarget.value)}
          dir="ltr"
          inputMode="numeric"
          data-testid="waba-id"
        />
        {name.isError && <ErrorNotice error={name.error} />}
        <Group justify="flex-end">
          <Button
            type="submit"
            disabled={account.trim() === ''}
            loading={name.isPending}
            data-testid="waba-save"
          >
            {t('templates.load')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Listed({ business, list }: { business: ActingBusiness; list: TemplateList }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(business.timezone)
  const sync = useSyncTemplates(business.id)
  return (
    <>
      {list.failure !== null && (
        <Alert
          color="red"
          variant="light"
          icon={<WarningIcon />}
          title={wordFor('templateFailure', list.failure)}
          role="alert"
          data-testid="templates-failure"
        >
          {list.detail !== null && <bdi>{list.detail}</bdi>}
        </Alert>
      )}
      {sync.isError && <ErrorNotice error={sync.error} />}
      {list.synced_at !== null && list.items.length === 0 && (
        <Text size="sm">{t('templates.none')}</Text>
      )}
      <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {list.items.map((template) => (
          <Row key={template.id} template={template} />
        ))}
      </Stack>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {list.synced_at === null
            ? t('templates.neverSynced')
            : t('templates.syncedAt', { at: formats.dateTime(list.synced_at) })}
        </Text>
        <Button
          variant="default"
          loading={sync.isPending}
          onClick={() => sync.mutate()}
          data-testid="templates-sync"
        >
          {t('templates.sync')}
        </Button>
      </Group>
    </>
  )
}

function Row({ template }: { template: MessageTemplate }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  return (
    <li data-testid="template-row">
      <Group gap="xs">
        <Text size="sm" fw={600}>
          <bdi>{template.name}</bdi>
        </Text>
        <Text size="xs" c="dimmed">
          <bdi>{template.language}</bdi>
        </Text>
        <Badge size="sm" variant="light" color={template.is_sendable ? 'green' : 'gray'}>
          {wordFor('templateStatus', template.status)}
        </Badge>
      </Group>
      <Text size="sm" dir="auto" lineClamp={2}>
        {template.body}
      </Text>
      {template.obstacle !== null && (
        <Text size="xs">
          {t('templates.notHere')} {wordFor('templateObstacle', template.obstacle)}
        </Text>
      )}
    </li>
  )
}
