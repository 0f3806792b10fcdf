import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useNavigate } from 'react-router'
import { isolate, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { useEnterBusiness, type Business } from './queries'

const MAX_REASON = 500

interface Props {
  business: Pick<Business, 'id' | 'name'>
  onClose: () => void
}

/** Asks why before entering a business, because its owner will read it in the audit log. */
export function EnterDialog({ business, onClose }: Props) {
  const { t } = useWords()
  const navigate = useNavigate()
  const enter = useEnterBusiness(() => void navigate('/'))

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim()
    enter.mutate({ id: business.id, reason })
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t('businesses.enterTitle', { name: isolate(business.name) })}
      centered
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text>{t('businesses.enterText')}</Text>
          {enter.isError && <ErrorNotice error={enter.error} />}
          <TextInput
            label={`${t('businesses.reason')} (${t('common.optional')})`}
            placeholder={t('businesses.reasonHint')}
            name="reason"
            maxLength={MAX_REASON}
            autoComplete="off"
            classNames={{ input: 'maane-any-direction' }}
            data-autofocus
            data-testid="impersonation-reason"
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={enter.isPending} data-testid="impersonate-confirm">
              {t('businesses.enter')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
