import { Modal, NativeSelect, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useWordFor, useWords } from '../../i18n'
import { EntryForm } from '../../ui/entry-form'
import { useFieldErrors } from '../../ui/error-words'
import {
  BUSINESS_LANGUAGES,
  useChangeBusiness,
  useCreateBusiness,
  type Business,
  type BusinessLanguage,
} from './queries'

const HOME_ZONE = 'Asia/Jerusalem'

/** Every zone this browser knows, and the business's own should the browser not know it. */
function timeZones(current: string): string[] {
  return [...new Set([HOME_ZONE, current, ...Intl.supportedValuesOf('timeZone')])]
}

interface Props {
  /** Null creates a new one. */
  business: Business | null
  onSaved: (business: Business) => void
  onClose: () => void
}

export function BusinessForm({ business, onSaved, onClose }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const fieldErrors = useFieldErrors()
  const create = useCreateBusiness()
  const change = useChangeBusiness()
  const save = business === null ? create : change
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: {
      name: business?.name ?? '',
      phone: business?.phone ?? '',
      language: (business?.language ?? 'he') as BusinessLanguage,
      timezone: business?.timezone ?? HOME_ZONE,
    },
    validate: { name: (value) => (value.trim() === '' ? t('businesses.nameMissing') : null) },
  })

  const submit = form.onSubmit(({ name, phone, language, timezone }) => {
    const body = { name: name.trim(), phone: phone.trim() || null, language, timezone }
    const then = {
      onSuccess: onSaved,
      onError: (error: Error) => form.setErrors(fieldErrors(error)),
    }
    if (business === null) create.mutate(body, then)
    else change.mutate({ id: business.id, patch: body }, then)
  })

  return (
    <Modal
      opened
      onClose={onClose}
      title={business === null ? t('businesses.create') : t('businesses.editTitle')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <EntryForm
        onSubmit={submit}
        onClose={onClose}
        save={save}
        fields={Object.keys(form.getValues())}
        saveLabel={t('businesses.save')}
        testId="business-save"
      >
        <TextInput
          label={t('businesses.name')}
          required
          data-autofocus
          classNames={{ input: 'maane-any-direction' }}
          autoComplete="off"
          key={form.key('name')}
          {...form.getInputProps('name')}
          data-testid="business-name"
        />
        <TextInput
          label={t('businesses.phone')}
          type="tel"
          dir="ltr"
          autoComplete="off"
          key={form.key('phone')}
          {...form.getInputProps('phone')}
          data-testid="business-phone"
        />
        <NativeSelect
          label={t('businesses.language')}
          data={BUSINESS_LANGUAGES.map((value) => ({
            value,
            label: wordFor('language', value),
          }))}
          key={form.key('language')}
          {...form.getInputProps('language')}
          data-testid="business-language"
        />
        <NativeSelect
          label={t('businesses.timezone')}
          dir="ltr"
          data={timeZones(business?.timezone ?? HOME_ZONE)}
          key={form.key('timezone')}
          {...form.getInputProps('timezone')}
          data-testid="business-timezone"
        />
      </EntryForm>
    </Modal>
  )
}
