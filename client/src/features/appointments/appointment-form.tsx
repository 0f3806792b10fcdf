import { Button, Drawer, Group, Text, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { serverNow } from '../../http'
import { isolate, useWords } from '../../i18n'
import { dayOf } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { EntryForm } from '../../ui/entry-form'
import { useFieldErrors } from '../../ui/error-words'
import { leadQuery } from '../../ui/lead-stages'
import type { ActingBusiness } from '../../ui/session'
import { availabilityQuery, freeTimesQuery, useBook } from './queries'

const DAY = /^\d{4}-\d\d-\d\d$/

interface Props {
  business: ActingBusiness
  /** For whom, where that is known. */
  leadId: number | null
  onBooked: () => void
  onClose: () => void
}

/** Books by hand. The free times of the day are suggestions: people may book at another one too. */
export function AppointmentForm({ business, leadId, onBooked, onClose }: Props) {
  const { t } = useWords()
  const fieldErrors = useFieldErrors()
  const book = useBook(business.id)
  const lead = useQuery({ ...leadQuery(business.id, leadId ?? 0), enabled: leadId !== null })
  const usual = useQuery(availabilityQuery(business.id)).data?.length_min
  const form = useForm({
    initialValues: {
      date: dayOf(new Date(serverNow()).toISOString(), business.timezone),
      time: '',
      length_min: '',
      name: '',
      phone: '',
      note: '',
    },
    validate: {
      date: (value) => (DAY.test(value) ? null : t('appointments.dateMissing')),
      time: (value) => (value === '' ? t('appointments.timeMissing') : null),
      name: (value) =>
        leadId === null && value.trim() === '' ? t('appointments.nameMissing') : null,
      length_min: (value) =>
        value.trim() === '' || (/^\d{1,3}$/.test(value.trim()) && inRange(Number(value)))
          ? null
          : t('appointments.lengthWrong'),
    },
  })
  const day = form.values.date
  const free = useQuery({ ...freeTimesQuery(business.id, day), enabled: DAY.test(day) })
  const submit = form.onSubmit((values) =>
    book.mutate(
      {
        date: values.date,
        time: values.time,
        length_min: values.length_min.trim() === '' ? null : Number(values.length_min),
        lead_id: leadId,
        name: leadId === null ? values.name.trim() : null,
        phone: values.phone.trim() || null,
        note: values.note,
      },
      { onSuccess: onBooked, onError: (error) => form.setErrors(fieldErrors(error)) },
    ),
  )
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      title={t('appointments.create')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <EntryForm
        onSubmit={submit}
        onClose={onClose}
        save={book}
        fields={Object.keys(form.getValues())}
        saveLabel={t('appointments.book')}
        testId="appointment-save"
      >
        {lead.isError && <ErrorNotice error={lead.error} />}
        {lead.data !== undefined && (
          <Text fw={600}>{t('appointments.forLead', { name: isolate(lead.data.name) })}</Text>
        )}
        <TextInput
          label={t('appointments.date')}
          type="date"
          required
          data-autofocus
          {...form.getInputProps('date')}
          data-testid="appointment-date"
        />
        {free.data !== undefined && free.data.times.length > 0 && (
          <div role="group" aria-label={t('appointments.free')}>
            <Text size="sm" mb={6}>
              {t('appointments.free')}
            </Text>
            <Group gap={6}>
              {free.data.times.map((time) => (
                <Button
                  key={time}
                  size="compact-sm"
                  variant={form.values.time === time ? 'filled' : 'default'}
                  aria-pressed={form.values.time === time}
                  onClick={() => form.setFieldValue('time', time)}
                  data-testid={`free-${time}`}
                >
                  {time}
                </Button>
              ))}
            </Group>
          </div>
        )}
        <TextInput
          label={t('appointments.time')}
          description={t('appointments.timeHint')}
          type="time"
          required
          {...form.getInputProps('time')}
          data-testid="appointment-time"
        />
        <TextInput
          label={t('appointments.length')}
          placeholder={usual === undefined ? undefined : String(usual)}
          inputMode="numeric"
          dir="ltr"
          {...form.getInputProps('length_min')}
          data-testid="appointment-length"
        />
        {leadId === null && (
          <>
            <TextInput
              label={t('appointments.name')}
              required
              maxLength={200}
              classNames={{ input: 'maane-any-direction' }}
              autoComplete="off"
              {...form.getInputProps('name')}
              data-testid="appointment-name"
            />
            <TextInput
              label={t('appointments.phone')}
              type="tel"
              dir="ltr"
              autoComplete="off"
              {...form.getInputProps('phone')}
            />
          </>
        )}
        <Textarea
          label={t('appointments.note')}
          rows={2}
          maxLength={1000}
          classNames={{ input: 'maane-any-direction' }}
          {...form.getInputProps('note')}
        />
      </EntryForm>
    </Drawer>
  )
}

function inRange(minutes: number): boolean {
  return minutes >= 5 && minutes <= 480
}
