import { Anchor, SimpleGrid, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { isolate, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { serverNow, type Schemas } from '../../http'
import { Card, Loading } from '../../ui/page'
import { phoneConnectionQuery } from '../../ui/phone'
import type { ActingBusiness } from '../../ui/session'
import classes from './home.module.css'
import { assistantQuery, servingPromptsQuery } from './queries'

type Mood = 'live' | 'intake' | 'notLive'

type Ways = 'both' | 'whatsapp' | 'phone' | 'none'

function waysOf(hasWhatsapp: boolean, hasPhone: boolean): Ways {
  if (hasWhatsapp && hasPhone) return 'both'
  if (hasPhone) return 'phone'
  return hasWhatsapp ? 'whatsapp' : 'none'
}

/** Live needs a way in; with no model the intake answers in its place. */
function moodOf(ways: Ways, model: Schemas['Assistant']['model']): Mood {
  if (ways === 'none') return 'notLive'
  return model.is_connected ? 'live' : 'intake'
}

/** Whether customers are answered right now, by what, and with which version of the prompts. */
export function AssistantState({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const formats = useFormats(business.timezone)
  const assistant = useQuery(assistantQuery(business.id))
  const phone = useQuery(phoneConnectionQuery(business.id))
  const prompts = useQuery(servingPromptsQuery(business.id))

  const failed = [assistant, phone].find((query) => query.isError)
  if (failed !== undefined) {
    return <ErrorNotice error={failed.error} onRetry={() => void failed.refetch()} />
  }
  if (assistant.data === undefined || phone.data === undefined) return <Loading />
  const { model, whatsapp } = assistant.data
  const { number } = phone.data
  const ways = waysOf(whatsapp.is_connected, number !== null)
  const mood = moodOf(ways, model)
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
          <Text c="dimmed">{t(`home.ways.${ways}`)}</Text>
          {!model.is_connected && (
            <Text c="dimmed" mt={4}>
              {t('home.intakeText')}
            </Text>
          )}
        </div>
      </div>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="md" mt="lg" component="dl" m={0}>
        <Fact label={t('home.model')} value={connection(model.is_connected)}>
          {model.name !== null && <bdi dir="ltr">{model.name}</bdi>}
        </Fact>
        <Fact
          label={t('home.whatsapp')}
          value={<Anchored to="/whatsapp">{connection(whatsapp.is_connected)}</Anchored>}
        >
          {whatsapp.phone_number_id !== null && <bdi dir="ltr">{whatsapp.phone_number_id}</bdi>}
        </Fact>
        <Fact
          label={t('home.phone')}
          value={<Anchored to="/phone">{connection(number !== null)}</Anchored>}
        >
          {number !== null && <bdi dir="ltr">{number}</bdi>}
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

function Anchored({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} fw={600}>
      {children}
    </Anchor>
  )
}

interface FactProps {
  label: string
  value: ReactNode
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
