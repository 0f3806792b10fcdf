import { Button, Group, Stack } from '@mantine/core'
import type { FormEventHandler, ReactNode } from 'react'
import { useWords } from '../i18n'
import { ErrorNotice } from './error-notice'

interface Props {
  onSubmit: FormEventHandler<HTMLFormElement>
  onClose: () => void
  /** Of the write: an error that names one of `fields` stands at that field instead. */
  save: { isError: boolean; isPending: boolean; error: Error | null }
  fields: string[]
  saveLabel: string
  testId: string
  children: ReactNode
}

/** The form inside a drawer or a dialog that writes one thing down: its error, its fields, save and cancel. */
export function EntryForm(props: Props) {
  const { t } = useWords()
  const { onSubmit, onClose, save, fields, saveLabel, testId, children } = props
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>
        {save.isError && <ErrorNotice error={save.error} ownFields={fields} />}
        {children}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending} data-testid={testId}>
            {saveLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
