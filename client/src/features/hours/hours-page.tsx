import { Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { isolate, useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { Card, Loading, PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { HoursForm } from './hours-form'
import classes from './hours.module.css'
import { hoursQuery, useReplaceHours, type BusinessHours, type Closure } from './queries'

/** When somebody is there, and which days of the next year are not as usual. */
export function HoursPage() {
  const { t } = useWords()
  const business = useBusiness()
  const hours = useQuery(hoursQuery(business.id))
  // It lies here because the form, which it gives new values, begins anew with them.
  const save = useReplaceHours(business.id)
  return (
    <>
      <PageTitle title={t('hours.title')} subtitle={t('hours.subtitle')} />
      {hours.isError && <ErrorNotice error={hours.error} onRetry={() => void hours.refetch()} />}
      {hours.isPending && <Loading />}
      {hours.data !== undefined && (
        <Stack gap="lg">
          <Now hours={hours.data} />
          <HoursForm key={hours.data.updated_at ?? 'none'} saved={hours.data} save={save} />
          <Ahead closures={hours.data.closures} />
        </Stack>
      )}
    </>
  )
}

function Now({ hours }: { hours: BusinessHours }) {
  const { t } = useWords()
  const formats = useFormats(hours.timezone)
  if (hours.updated_at === null) return <Text data-testid="hours-now">{t('hours.notSet')}</Text>
  const at = hours.changes_at === null ? null : isolate(formats.dateTime(hours.changes_at))
  return (
    <Text data-testid="hours-now">
      <strong>{hours.is_open ? t('hours.openNow') : t('hours.closedNow')}</strong>
      {at !== null && (
        <> · {hours.is_open ? t('hours.openUntil', { at }) : t('hours.opensAt', { at })}</>
      )}
    </Text>
  )
}

function Ahead({ closures }: { closures: Closure[] }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats()
  const nameOf = ({ kind, name }: Closure) => {
    if (kind === 'own') return name === '' ? t('hours.ownDay') : name
    const holiday = wordFor('hours.holiday', name)
    return kind === 'eve' ? t('hours.eveOf', { name: holiday }) : holiday
  }
  return (
    <Card>
      <Title order={2} size="h4" mb="sm">
        {t('hours.ahead')}
      </Title>
      {closures.length === 0 && <Text c="dimmed">{t('hours.noneAhead')}</Text>}
      <ul className={classes.ahead} data-testid="hours-ahead">
        {closures.map((closure) => (
          <li key={closure.day} className={classes.closure}>
            <span>{formats.dayOfYear(closure.day)}</span>
            <bdi>{nameOf(closure)}</bdi>
            <Text span c="dimmed">
              {closure.closes === null
                ? t('hours.wholeDay')
                : t('hours.until', { at: isolate(closure.closes) })}
            </Text>
          </li>
        ))}
      </ul>
    </Card>
  )
}
