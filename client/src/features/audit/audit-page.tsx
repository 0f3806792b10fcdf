import { Badge, Group, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { isolate, useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { AuditIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { useBusiness, type ActingBusiness } from '../../ui/session'
import classes from './audit.module.css'
import { auditQuery, type AuditEntry } from './queries'

/** `lead:7 name,phone` as words: what it is, which one, and the fields that changed or what it is about. */
function useSubjectWords() {
  const wordFor = useWordFor()
  return (subject: string): string => {
    const named = (object: string) => {
      const [kind = '', id = ''] = object.split(':')
      return `${wordFor('auditSubject', kind)} ${isolate(id)}`
    }
    const [object = '', fields = ''] = subject.split(' ')
    const changed = fields.split(',').filter((field) => field !== '')
    const names = changed.map((f) => (f.includes(':') ? named(f) : wordFor('fields', f))).join(', ')
    return [named(object), names].filter(Boolean).join(': ')
  }
}

export function AuditPage() {
  const { t } = useWords()
  const business = useBusiness()
  const audit = useInfiniteQuery(auditQuery(business.id))
  const entries = audit.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageTitle title={t('audit.title')} subtitle={t('audit.subtitle')} />
      {audit.isError && <ErrorNotice error={audit.error} onRetry={() => void audit.refetch()} />}
      {audit.isPending && <Loading />}
      {audit.data !== undefined && (
        <Card isFlush>
          {entries.length === 0 ? (
            <EmptyState icon={<AuditIcon size={26} />} title={t('audit.empty')} />
          ) : (
            <ol className={classes.list}>
              {entries.map((entry) => (
                <Entry key={entry.id} entry={entry} business={business} />
              ))}
            </ol>
          )}
        </Card>
      )}
      <LoadMore
        hasMore={audit.hasNextPage}
        isLoading={audit.isFetchingNextPage}
        onMore={() => void audit.fetchNextPage()}
      />
    </>
  )
}

/** While impersonating both identities stand here: the person, and the business they acted as. */
function Entry({ entry, business }: { entry: AuditEntry; business: ActingBusiness }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const subjectWords = useSubjectWords()
  const formats = useFormats(business.timezone)
  return (
    <li className={classes.entry} data-testid={`audit-${entry.id}`}>
      <div className={classes.what}>
        <Text fw={600}>{wordFor('auditAction', entry.action)}</Text>
        <Text size="sm" c="dimmed">
          {subjectWords(entry.subject)}
        </Text>
      </div>
      <div className={classes.who}>
        <Group gap={6}>
          <Text size="sm" fw={500}>
            {entry.actor === null ? t('audit.system') : <bdi>{entry.actor.name}</bdi>}
          </Text>
          {entry.impersonating && (
            <Badge color="yellow" variant="light" tt="none" size="sm">
              {t('audit.asBusiness', { business: isolate(business.name) })}
            </Badge>
          )}
        </Group>
        {entry.actor !== null && (
          <Text size="sm" c="dimmed" truncate>
            <bdi dir="ltr">{entry.actor.email}</bdi>
          </Text>
        )}
        {entry.reason !== null && (
          <Text size="sm" c="dimmed">
            {t('audit.reason', { reason: isolate(entry.reason) })}
          </Text>
        )}
      </div>
      <Text size="sm" c="dimmed" component="time" dateTime={entry.at} className={classes.when}>
        {formats.dateTime(entry.at)}
      </Text>
    </li>
  )
}
