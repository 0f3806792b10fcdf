import { Button, Group, Stack, Text, Title, type ButtonProps } from '@mantine/core'
import type { FormEventHandler, ReactNode } from 'react'
import { ErrorNotice } from './error-notice'
import { Card } from './page'
import { Receipt } from './receipt'

interface Props {
  title: string
  text?: string
  onSubmit: FormEventHandler<HTMLFormElement>
  save: { isError: boolean; isSuccess: boolean; isPending: boolean; error: Error | null }
  /** Fields of this form: an error that names one of them stands there instead. */
  fields?: string[]
  isChanged: boolean
  savedTitle: string
  saveLabel: string
  testId: string
  button?: Pick<ButtonProps, 'color' | 'disabled'>
  /** Beside the save button. */
  actions?: ReactNode
  children: ReactNode
}

/**
 * A card on which one thing is set. What became of the last save stands right above the button that
 * was pressed, and goes when something is changed again.
 */
export function SettingsCard(props: Props) {
  const { title, text, onSubmit, save, fields = [], isChanged, savedTitle, saveLabel } = props
  return (
    <Card>
      <form onSubmit={onSubmit} noValidate>
        <Stack gap="md">
          <div>
            <Title order={2} size="h4">
              {title}
            </Title>
            {text !== undefined && (
              <Text size="sm" c="dimmed">
                {text}
              </Text>
            )}
          </div>
          {props.children}
          {save.isError && <ErrorNotice error={save.error} ownFields={fields} />}
          {save.isSuccess && !isChanged && <Receipt title={savedTitle} />}
          <Group justify="flex-end">
            {props.actions}
            <Button
              type="submit"
              loading={save.isPending}
              data-testid={props.testId}
              {...props.button}
            >
              {saveLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  )
}
