import { Button, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { isolate, useWords } from '../../i18n'
import { DeletionList } from '../../ui/deletion-list'
import { ErrorNotice } from '../../ui/error-notice'
import { useFieldErrors } from '../../ui/error-words'
import { DeleteIcon, DownloadIcon } from '../../ui/icons'
import { PhoneText } from '../../ui/text'
import { personQuery, useErasePerson, useExportPerson } from './person-queries'
import type { Lead } from './queries'

interface Props {
  businessId: number
  lead: Lead
  onErased: () => void
}

/** Gives out or erases everything that the business holds of a lead's person. */
export function PersonData({ businessId, lead, onErased }: Props) {
  const { t } = useWords()
  const exportAll = useExportPerson(lead.id)
  const [isErasing, setErasing] = useState(false)
  return (
    <section data-testid="person-data">
      <Title order={3} size="h6">
        {t('person.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('person.text')}
      </Text>
      <Group gap="xs">
        <Button
          variant="default"
          size="xs"
          leftSection={<DownloadIcon size={16} />}
          loading={exportAll.isPending}
          onClick={() => exportAll.mutate()}
          data-testid="person-export"
        >
          {t('person.download')}
        </Button>
        <Button
          variant="outline"
          color="red.9"
          size="xs"
          leftSection={<DeleteIcon size={16} />}
          onClick={() => setErasing(true)}
          data-testid="person-erase"
        >
          {t('person.erase')}
        </Button>
      </Group>
      {exportAll.isError && <ErrorNotice error={exportAll.error} />}
      {isErasing && (
        <EraseDialog
          businessId={businessId}
          lead={lead}
          onErased={onErased}
          onClose={() => setErasing(false)}
        />
      )}
    </section>
  )
}

function EraseDialog({ businessId, lead, onErased, onClose }: Props & { onClose: () => void }) {
  const { t } = useWords()
  const fieldErrors = useFieldErrors()
  const person = useQuery(personQuery(businessId, lead.id))
  const erase = useErasePerson(businessId, lead.id)
  const [typed, setTyped] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    erase.mutate(typed.trim(), { onSuccess: onErased })
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('person.eraseTitle', { name: isolate(lead.name) })}
      centered
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text>{t('person.eraseText')}</Text>
          {person.isError && (
            <ErrorNotice error={person.error} onRetry={() => void person.refetch()} />
          )}
          {person.data !== undefined && (
            <div data-testid="person-gone">
              <Text size="sm" fw={600}>
                {t('person.leads')}
              </Text>
              {person.data.leads.map(({ id, name, phone }) => (
                <Text key={id} size="sm">
                  <bdi>{name}</bdi> {phone !== null && <PhoneText phone={phone} />}
                </Text>
              ))}
              <Text size="sm" fw={600} mt="xs">
                {t('person.gone')}
              </Text>
              <DeletionList items={person.data.erases} />
            </div>
          )}
          {erase.isError && <ErrorNotice error={erase.error} ownFields={['confirmation']} />}
          <TextInput
            label={t('person.confirm')}
            autoComplete="off"
            data-autofocus
            classNames={{ input: 'maane-any-direction' }}
            value={typed}
            error={fieldErrors(erase.error).confirmation}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-testid="person-confirm"
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button
              type="submit"
              color="red.9"
              disabled={typed.trim() === '' || person.data === undefined}
              loading={erase.isPending}
              data-testid="person-erase-now"
            >
              {t('person.erase')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
