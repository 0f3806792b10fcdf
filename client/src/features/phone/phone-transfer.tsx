import {
  ActionIcon,
  Button,
  Group,
  NativeSelect,
  NumberInput,
  Text,
  TextInput,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { DeleteIcon, PlusIcon, UpIcon } from '../../ui/icons'
import { Loading } from '../../ui/page'
import { SettingsCard } from '../../ui/settings-card'
import { useSave } from '../../ui/use-save'
import classes from './phone-transfer.module.css'
import {
  phoneTransferQuery,
  useReplacePhoneTransfer,
  type PhoneTransfer,
  type PhoneTransferBody,
} from './queries'

const TIMES = ['open', 'closed', 'always'] as const
const FIELDS = ['people', 'ring_s']
const MOST = 5
const SHORTEST_S = 5
const LONGEST_S = 60

/** Whom to ring when a caller wants a person. */
export function PhoneTransferCard({ businessId }: { businessId: number }) {
  const transfer = useQuery(phoneTransferQuery(businessId))
  if (transfer.isPending) return <Loading />
  if (transfer.isError) {
    return <ErrorNotice error={transfer.error} onRetry={() => void transfer.refetch()} />
  }
  return <TransferForm businessId={businessId} saved={transfer.data} />
}

function TransferForm({ businessId, saved }: { businessId: number; saved: PhoneTransfer }) {
  const { t } = useWords()
  const save = useReplacePhoneTransfer(businessId)
  const form = useForm<PhoneTransferBody>({ initialValues: saved.chosen })
  const { people } = form.getValues()
  const submit = useSave(
    form,
    save,
    (values) => values,
    (now) => now.chosen,
  )
  return (
    <SettingsCard
      title={t('transfer.title')}
      text={t('transfer.text')}
      onSubmit={submit}
      save={save}
      fields={FIELDS}
      isChanged={form.isDirty()}
      savedTitle={t('transfer.saved')}
      saveLabel={t('phone.save')}
      testId="transfer-save"
    >
      <Reachable saved={saved} />
      <div>
        {people.map((_, index) => (
          <PersonFields key={index} form={form} index={index} />
        ))}
      </div>
      {people.length < MOST && (
        <Group>
          <Button
            variant="subtle"
            leftSection={<PlusIcon size={16} />}
            onClick={() => form.insertListItem('people', { name: '', phone: '', when: 'open' })}
            data-testid="transfer-add"
          >
            {t('transfer.add')}
          </Button>
        </Group>
      )}
      <NumberInput
        label={t('transfer.ring')}
        description={t('transfer.ringText')}
        min={SHORTEST_S}
        max={LONGEST_S}
        allowDecimal={false}
        maw={320}
        {...form.getInputProps('ring_s')}
        data-testid="transfer-ring"
      />
    </SettingsCard>
  )
}

/** Who would be rung at this moment, as it was saved. */
function Reachable({ saved }: { saved: PhoneTransfer }) {
  const { t } = useWords()
  const names = saved.reachable_now
  if (saved.chosen.people.length === 0) return <Text size="sm">{t('transfer.nobody')}</Text>
  return (
    <Text size="sm" data-testid="transfer-now">
      {names.length === 0 ? t('transfer.nobodyNow') : t('transfer.now')}{' '}
      <bdi>{names.join(', ')}</bdi>
    </Text>
  )
}

interface PersonProps {
  form: ReturnType<typeof useForm<PhoneTransferBody>>
  index: number
}

function PersonFields({ form, index }: PersonProps) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const name = form.getValues().people[index]?.name ?? ''
  return (
    <div className={classes.person} role="group" aria-label={name || t('transfer.person')}>
      <TextInput
        label={t('transfer.name')}
        classNames={{ input: 'maane-any-direction' }}
        maxLength={100}
        required
        {...form.getInputProps(`people.${index}.name`)}
        data-testid={`transfer-name-${index}`}
      />
      <TextInput
        label={t('transfer.phone')}
        type="tel"
        dir="ltr"
        required
        {...form.getInputProps(`people.${index}.phone`)}
        data-testid={`transfer-phone-${index}`}
      />
      <NativeSelect
        label={t('transfer.when')}
        data={TIMES.map((value) => ({ value, label: wordFor('transfer.times', value) }))}
        {...form.getInputProps(`people.${index}.when`)}
        data-testid={`transfer-when-${index}`}
      />
      <div className={classes.actions}>
        <ActionIcon
          variant="subtle"
          size="lg"
          disabled={index === 0}
          aria-label={t('transfer.earlier', { name })}
          onClick={() => form.reorderListItem('people', { from: index, to: index - 1 })}
          data-testid={`transfer-earlier-${index}`}
        >
          <UpIcon />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="red"
          size="lg"
          aria-label={t('transfer.remove', { name })}
          onClick={() => form.removeListItem('people', index)}
          data-testid={`transfer-remove-${index}`}
        >
          <DeleteIcon />
        </ActionIcon>
      </div>
    </div>
  )
}
