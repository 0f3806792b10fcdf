import { Group, Text, Textarea } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../../i18n'
import { Card } from '../../ui/page'
import classes from './prompts.module.css'

export const MAX_CHARACTERS = 100_000

/** Characters as the server counts them: an emoji outside the basic plane is one, not two. */
export function countCharacters(text: string): number {
  const pairs = text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)
  return text.length - (pairs?.length ?? 0)
}

interface Props {
  label: string
  hint: string
  placeholder: string
  icon: ReactNode
  value: string
  error: string | undefined
  testId: string
  onChange: (value: string) => void
}

export function PromptEditor(props: Props) {
  const { t } = useWords()
  const used = countCharacters(props.value)
  const isTooLong = used > MAX_CHARACTERS
  return (
    <Card>
      <Textarea
        label={
          <Group gap={8} component="span" display="inline-flex">
            {props.icon}
            {props.label}
          </Group>
        }
        description={props.hint}
        placeholder={props.placeholder}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
        error={isTooLong ? t('prompts.tooLong', { max: MAX_CHARACTERS }) : props.error}
        classNames={{ label: classes.label, input: `${classes.input} maane-any-direction` }}
        spellCheck
        data-testid={props.testId}
      />
      <Text size="xs" c={isTooLong ? 'red' : 'dimmed'} mt={6}>
        {t('prompts.count', { used, max: MAX_CHARACTERS })}
      </Text>
    </Card>
  )
}
