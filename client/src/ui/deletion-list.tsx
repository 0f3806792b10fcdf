import { Text } from '@mantine/core'
import type { Schemas } from '../http'
import { useWordFor, useWords } from '../i18n'
import { useFormats } from '../i18n/format'
import classes from './deletion-list.module.css'

/** Rows that belong to others and say nothing to people by themselves. */
const AUXILIARY = new Set([
  'appointment_leads',
  'conversation_leads',
  'conversation_reads',
  'notification_deliveries',
  'notification_reads',
  'outgoing_calls',
])

/** How many of what are deleted; what there is none of is left out. */
export function DeletionList({ items }: { items: Schemas['Deletion'][] }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats()
  const some = items.filter(({ table, count }) => count > 0 && !AUXILIARY.has(table))
  if (some.length === 0) return <Text size="sm">{t('privacy.nothing')}</Text>
  return (
    <ul className={classes.list}>
      {some.map(({ table, count, has_more: hasMore }) => (
        <li key={table}>
          <Text size="sm">
            {wordFor('auditSubject', table)}: {formats.number(count)}
            {hasMore && '+'}
          </Text>
        </li>
      ))}
    </ul>
  )
}
