import { Box, Drawer, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useWords } from '../../i18n'
import { EntryForm } from '../../ui/entry-form'
import { useFieldErrors } from '../../ui/error-words'
import { useStageName, type Stage } from '../../ui/lead-stages'
import { CallBackSection } from './call-back'
import { LeadHistory } from './lead-history'
import { PersonData } from './person-data'
import { useSaveLead, type CreatedLead, type Lead } from './queries'

interface Props {
  businessId: number
  timeZone: string
  stages: Stage[]
  /** Null creates a new one. */
  lead: Lead | null
  onSaved: (lead: Lead | CreatedLead) => void
  onErased: () => void
  onClose: () => void
}

export function LeadForm({
  businessId,
  timeZone,
  stages,
  lead,
  onSaved,
  onErased,
  onClose,
}: Props) {
  const { t } = useWords()
  const nameOf = useStageName()
  const fieldErrors = useFieldErrors()
  const save = useSaveLead(businessId)
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: {
      name: lead?.name ?? '',
      phone: lead?.phone ?? '',
      email: lead?.email ?? '',
      note: lead?.note ?? '',
      status: lead?.status ?? stages.find(({ kind }) => kind === 'open')?.key ?? 'new',
    },
    validate: { name: (value) => (value.trim() === '' ? t('leads.nameMissing') : null) },
  })

  const submit = form.onSubmit(({ name, phone, email, note, status }) => {
    const body = {
      name: name.trim(),
      phone: phone.trim() || null,
      email: email.trim() || null,
      note,
      status,
    }
    save.mutate(
      { id: lead?.id ?? null, body },
      { onSuccess: onSaved, onError: (error) => form.setErrors(fieldErrors(error)) },
    )
  })

  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      title={lead === null ? t('leads.create') : t('leads.editTitle')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <EntryForm
        onSubmit={submit}
        onClose={onClose}
        save={save}
        fields={Object.keys(form.getValues())}
        saveLabel={t('leads.save')}
        testId="lead-save"
      >
        <TextInput
          label={t('leads.name')}
          required
          data-autofocus
          classNames={{ input: 'maane-any-direction' }}
          autoComplete="off"
          key={form.key('name')}
          {...form.getInputProps('name')}
          data-testid="lead-name"
        />
        <TextInput
          label={t('leads.phone')}
          type="tel"
          dir="ltr"
          autoComplete="off"
          key={form.key('phone')}
          {...form.getInputProps('phone')}
          data-testid="lead-phone"
        />
        <TextInput
          label={t('leads.email')}
          type="email"
          dir="ltr"
          autoComplete="off"
          key={form.key('email')}
          {...form.getInputProps('email')}
          data-testid="lead-email"
        />
        <NativeSelect
          label={t('leads.status')}
          data={stages.map(({ key, name }) => ({ value: key, label: nameOf(key, name) }))}
          key={form.key('status')}
          {...form.getInputProps('status')}
          data-testid="lead-status"
        />
        <Textarea
          label={t('leads.note')}
          rows={3}
          classNames={{ input: 'maane-any-direction' }}
          key={form.key('note')}
          {...form.getInputProps('note')}
          data-testid="lead-note"
        />
      </EntryForm>
      {lead !== null && (
        <Box mt="xl">
          <CallBackSection businessId={businessId} timeZone={timeZone} lead={lead} />
        </Box>
      )}
      {lead !== null && (
        <Box mt="xl">
          <LeadHistory businessId={businessId} leadId={lead.id} timeZone={timeZone} />
        </Box>
      )}
      {lead !== null && (
        <Box mt="xl">
          <PersonData businessId={businessId} lead={lead} onErased={onErased} />
        </Box>
      )}
    </Drawer>
  )
}
