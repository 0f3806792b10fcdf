import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../i18n'
import { ErrorNotice } from './error-notice'

interface Props {
  isOpen: boolean
  title: string
  text: ReactNode
  confirmLabel: string
  cancelLabel?: string
  isDangerous?: boolean
  isPending?: boolean
  error?: unknown
  onConfirm: () => void
  onCancel: () => void
}

/** Asks before something that cannot be taken back, and shows a refusal where it was asked. */
export function ConfirmDialog(props: Props) {
  const { t } = useWords()
  return (
    <Modal
      opened={props.isOpen}
      onClose={props.onCancel}
      title={props.title}
      centered
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack>
        <Text>{props.text}</Text>
        {props.error != null && <ErrorNotice error={props.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onCancel} data-autofocus>
            {props.cancelLabel ?? t('common.cancel')}
          </Button>
          <Button
            color={props.isDangerous === true ? 'red.9' : undefined}
            loading={props.isPending === true}
            onClick={props.onConfirm}
            data-testid="confirm"
          >
            {props.confirmLabel}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
