import { SimpleGrid, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { isolate, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { serverNow, type Schemas } from '../../http'
import { Card, Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import classes from './home.module.css'
import { assistantQuery, servingPromptsQuery } from './queries'

type Mood = 'live' | 'intake' | 'notLive'

/** Live needs a way in; with no model the intake answers in its place. */
function moodOf({ model, whatsapp }: Schemas['Assistant']): Mood {
  if (!whatsapp.is_connected) return 'notLive'
  return model.is_connected ? 'live' : 'intake'
}

/** Whether customers are answered right now, by what, and with which version of the prompts. */
export function AssistantState({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const formats = useFormats(business.timezone)
  const assistant = useQuery(assistantQuery(business.id))
  const prompts = useQuery(servingPromptsQuery(business.id))

  if (assistant.isError) {
    return <ErrorNotice error={assistant.error} onRetry={() => void assistant.refetch()} />
  }
  if (assistant.data === undefined) return <Loading />
  const { model, whatsapp } = assistant.data
  const mood = moodOf(assistant.data)
  const connection = (isConnected: boolean) =>
    isConnected ? t('home.connected') : t('home.notConnected')
  const version = prompts.data?.version ?? 0
  const author = prompts.data?.updated_by ?? null

  return (
    <Card>
      <div className={classes.mood} data-mood={mood} data-testid="assistant-state">
        <span className={classes.lamp} aria-hidden="true" />
        <div>
          <Title order={2} size="h4">
            {t(`home.${mood}`)}
          </Title>
          <Text c="dimmed">{t(`home.${mood}Text`)}</Text>
          {mood === 'notLive' && !model.is_connected && (
            <Text c="dimmed" mt={4}>
              {t('home.intakeText')}
            </Text>
          )}
        </div>
      </div>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md" mt="lg" component="dl" m={0}>
        <Fact label={t('home.model')} value={connection(model.is_connected)}>
          {model.name !== null && <bdi dir="ltr">{model.name}</bdi>}
        </Fact>
        <Fact label={t('home.whatsapp')} value={connection(whatsapp.is_connected)}>
          {whatsapp.phone_number_id !== null && <bdi dir="ltr">{whatsapp.phone_number_id}</bdi>}
        </Fact>
        <Fact
          label={t('home.prompts')}
          value={version === 0 ? t('home.neverSaved') : t('home.version', { version })}
        >
          {prompts.data?.updated_at != null &&
            t(author === null ? 'home.savedAgo' : 'home.savedAgoBy', {
              ago: isolate(formats.ago(prompts.data.updated_at, serverNow())),
              name: isolate(author?.name ?? ''),
            })}
        </Fact>
      </SimpleGrid>
    </Card>
  )
}

interface FactProps {
  label: string
  value: string
  children: ReactNode
}

function Fact({ label, value, children }: FactProps) {
  return (
    <div className={classes.fact}>
      <Text size="sm" c="dimmed" component="dt">
        {label}
      </Text>
      <Text fw={600} component="dd" m={0}>
        {value}
      </Text>
      <Text size="sm" c="dimmed" component="dd" m={0}>
        {children}
      </Text>
    </div>
  )
}
