import { Text, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import type { ActingBusiness } from '../../ui/session'
import { SettingsCard } from '../../ui/settings-card'
import { useSave } from '../../ui/use-save'
import { useReplaceNotificationSettings, type NotificationSettings } from './queries'

const LONGEST_MIN = 1440

interface Props {
  business: ActingBusiness
  saved: NotificationSettings
}

export function SettingsForm({ business, saved }: Props) {
  const { t } = useWords()
  const formats = useFormats(business.timezone)
  const save = useReplaceNotificationSettings(business.id)
  const form = useForm({
    initialValues: valuesOf(saved),
    validate: {
      escalate_after_min: (value) =>
        /^\d{1,4}$/.test(value.trim()) && Number(value) >= 1 && Number(value) <= LONGEST_MIN
          ? null
          : t('notifications.minutesWrong'),
    },
  })
  const submit = useSave(form, save, bodyOf, valuesOf)
  return (
    <SettingsCard
      title={t('notifications.who')}
      onSubmit={submit}
      save={save}
      fields={Object.keys(form.getValues())}
      isChanged={form.isDirty()}
      savedTitle={t('notifications.saved')}
      saveLabel={t('whatsapp.save')}
      testId="notify-save"
    >
      <Textarea
        label={t('notifications.emails')}
        description={saved.has_smtp ? t('notifications.emailsHint') : t('notifications.noSmtp')}
        rows={3}
        dir="ltr"
        {...form.getInputProps('emails')}
        data-testid="notify-emails"
      />
      <TextInput
        label={t('notifications.phone')}
        description={t('notifications.phoneHint')}
        type="tel"
        dir="ltr"
        {...form.getInputProps('owner_phone')}
        data-testid="notify-phone"
      />
      {saved.owner_phone !== null && (
        <Text size="sm" data-testid="phone-window">
          {saved.phone_until === null
            ? t('notifications.phoneClosed')
            : t('notifications.phoneOpen', { until: formats.dateTime(saved.phone_until) })}
        </Text>
      )}
      <TextInput
        label={t('notifications.minutes')}
        description={t('notifications.minutesHint')}
        inputMode="numeric"
        dir="ltr"
        {...form.getInputProps('escalate_after_min')}
        data-testid="notify-minutes"
      />
      <TextInput
        label={t('notifications.escalationEmail')}
        description={t('notifications.escalationEmailHint')}
        type="email"
        dir="ltr"
        {...form.getInputProps('escalation_email')}
        data-testid="notify-escalation"
      />
    </SettingsCard>
  )
}

const valuesOf = (saved: NotificationSettings) => ({
  emails: saved.emails.join('\n'),
  owner_phone: saved.owner_phone ?? '',
  escalate_after_min: String(saved.escalate_after_min),
  escalation_email: saved.escalation_email ?? '',
})

const bodyOf = (values: ReturnType<typeof valuesOf>) => ({
  emails: values.emails.split(/[\s,;]+/).filter((email) => email !== ''),
  owner_phone: values.owner_phone.trim() || null,
  escalate_after_min: Number(values.escalate_after_min),
  escalation_email: values.escalation_email.trim() || null,
})
