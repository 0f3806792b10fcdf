import { Alert } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../i18n'
import { CheckIcon } from './icons'

interface Props {
  title: string
  children?: ReactNode
  onClose?: () => void
  testId?: string
}

/** Says what a write did, once it is done, where screen readers hear it too. */
export function Receipt({ title, children, onClose, testId = 'receipt' }: Props) {
  const { t } = useWords()
  return (
    <Alert
      color="green"
      variant="light"
      icon={<CheckIcon />}
      title={title}
      role="status"
      withCloseButton={onClose !== undefined}
      closeButtonLabel={t('common.close')}
      onClose={onClose}
      data-testid={testId}
    >
      {children}
    </Alert>
  )
}
