import { Group, Text } from '@mantine/core'
import { isolate, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { Receipt } from '../../ui/receipt'
import type { Prompts } from './queries'

export type SaveOutcome = 'saved' | 'unchanged' | null

interface Props {
  prompts: Prompts
  outcome: SaveOutcome
  timeZone: string
}

/** Which version serves, since when and by whom; as a receipt right after a save. */
export function ServingVersion({ prompts, outcome, timeZone }: Props) {
  const { t } = useWords()
  const formats = useFormats(timeZone)
  const { version, updated_at: savedAt, updated_by: author } = prompts

  if (version === 0 || savedAt === null) {
    return (
      <Text size="sm" c="dimmed" data-testid="prompt-version">
        {t('prompts.never')}
      </Text>
    )
  }
  const values = { version, at: isolate(formats.dateTime(savedAt)) }
  const by = author !== null && (
    <Text size="sm" c={outcome === null ? 'dimmed' : undefined} component="span">
      {t(author.impersonating ? 'prompts.byImpersonating' : 'prompts.by', {
        name: isolate(author.name),
      })}
    </Text>
  )
  if (outcome !== null) {
    return (
      <Receipt
        title={t(outcome === 'saved' ? 'prompts.saved' : 'prompts.unchanged', values)}
        testId="prompt-receipt"
      >
        {by}
      </Receipt>
    )
  }
  return (
    <Group gap="xs" data-testid="prompt-version">
      <Text size="sm" fw={600} component="span">
        {t('prompts.live', values)}
      </Text>
      {by}
    </Group>
  )
}
