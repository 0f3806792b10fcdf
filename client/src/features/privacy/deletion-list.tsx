import { Text } from '@mantine/core'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import classes from './privacy.module.css'
import type { Deletion } from './queries'

/** How many of what are deleted; what there is none of is left out. */
export function DeletionList({ items }: { items: Deletion[] }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats()
  const some = items.filter(({ count }) => count > 0)
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
