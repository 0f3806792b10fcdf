import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState, type FormEvent } from 'react'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import { templatesQuery, useFreshTemplates, type MessageTemplate } from '../../ui/templates'
import classes from './conversations.module.css'
import { useSendTemplate } from './queries'

const LONGEST_VALUE = 1024
const GAP = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g

interface Props {
  business: ActingBusiness
  conversationId: number
}

/** What may be sent where WhatsApp takes no free text: a template that the provider approved. */
export function TemplateComposer({ business, conversationId }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const list = useQuery(templatesQuery(business.id))
  const fresh = useFreshTemplates(business.id, list.data)
  const sendable = list.data?.items.filter((template) => template.is_sendable) ?? []
  const [chosenId, setChosenId] = useState<number | null>(null)
  const chosen = sendable.find((template) => template.id === chosenId)

  return (
    <Stack gap="xs" data-testid="templates">
      {list.isError && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {fresh.error !== null && <ErrorNotice error={fresh.error} />}
      {(list.isPending || fresh.isPending) && <Loading />}
      {list.data?.failure != null && (
        <Alert color="red" variant="light" role="alert" p="xs">
          <Text size="sm">{wordFor('templateFailure', list.data.failure)}</Text>
          {list.data.detail !== null && (
            <Text size="xs">
              <bdi>{list.data.detail}</bdi>
            </Text>
          )}
        </Alert>
      )}
      {list.data !== undefined && sendable.length === 0 && !fresh.isPending && (
        <Text size="sm" data-testid="no-templates">
          {t('templates.noneSendable')} <Link to="/whatsapp">{t('templates.toPage')}</Link>
        </Text>
      )}
      {sendable.length > 0 && (
        <NativeSelect
          label={t('templates.choose')}
          value={chosen === undefined ? '' : String(chosen.id)}
          onChange={(event) => setChosenId(Number(event.currentTarget.value))}
          data={[
            { value: '', label: t('templates.chooseHint'), disabled: true },
            ...sendable.map(({ id, name, language }) => ({
              value: String(id),
              label: `${name} · ${language}`,
            })),
          ]}
          data-testid="template"
        />
      )}
      {chosen !== undefined && (
        <Filled
          key={chosen.id}
          business={business}
          conversationId={conversationId}
          template={chosen}
          onSent={() => setChosenId(null)}
        />
      )}
    </Stack>
  )
}

interface FilledProps extends Props {
  template: MessageTemplate
  onSent: () => void
}

function Filled({ business, conversationId, template, onSent }: FilledProps) {
  const { t } = useWords()
  const [values, setValues] = useState<Record<string, string>>({})
  const [isChecked, setChecked] = useState(false)
  const send = useSendTemplate(business.id, conversationId)
  // What may have been sent keeps its key, so that trying again sends it once.
  const attempt = useRef({ values, key: '' })
  const of = (name: string) => (values[name] ?? '').trim()
  const missing = template.parameters.filter(({ name }) => of(name) === '')

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (missing.length > 0 || send.isPending) return
    if (attempt.current.key === '' || attempt.current.values !== values)
      attempt.current = { values, key: crypto.randomUUID() }
    const given = Object.fromEntries(template.parameters.map(({ name }) => [name, of(name)]))
    const body = {
      template_id: template.id,
      values: given,
      idempotency_key: attempt.current.key,
    }
    send.mutate(body, { onSuccess: onSent })
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="xs">
        {template.parameters.map(({ name, part, key, example }) => (
          <TextInput
            key={name}
            label={t(part === 'header' ? 'templates.headerValue' : 'templates.value', { key })}
            placeholder={example}
            required
            maxLength={LONGEST_VALUE}
            value={values[name] ?? ''}
            error={isChecked && of(name) === '' ? t('templates.valueMissing') : undefined}
            onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
            classNames={{ input: 'maane-any-direction' }}
            data-testid={`value-${name}`}
          />
        ))}
        <div className={classes.preview} data-testid="template-preview">
          <Text size="xs" c="dimmed">
            {t('templates.preview')}
          </Text>
          {template.header !== '' && (
            <Text size="sm" fw={600} dir="auto">
              {filled(template.header, 'header', of)}
            </Text>
          )}
          <Text size="sm" dir="auto" className={classes.previewText}>
            {filled(template.body, 'body', of)}
          </Text>
          {template.footer !== '' && (
            <Text size="xs" c="dimmed" dir="auto">
              {template.footer}
            </Text>
          )}
          {template.buttons.length > 0 && (
            <Text size="xs" dir="auto">
              {template.buttons.map((button) => `[${button}]`).join(' ')}
            </Text>
          )}
        </div>
        {send.isError && <ErrorNotice error={send.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={send.isPending} data-testid="send-template">
            {t('templates.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** The text with its gaps filled; a gap without a value stays to be seen. */
function filled(text: string, part: string, of: (name: string) => string) {
  return text.replace(GAP, (gap, key: string) => of(`${part}.${key}`) || gap)
}
