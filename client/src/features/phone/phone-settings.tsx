import { Checkbox, NativeSelect, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useWordFor, useWords } from '../../i18n'
import { SettingsCard } from '../../ui/settings-card'
import { useSave } from '../../ui/use-save'
import { EngineChoice } from './engine-choice'
import { useReplacePhoneSettings, type PhoneSettings, type PhoneSettingsBody } from './queries'

const LANGUAGES = ['he', 'en', 'ar', 'ru'] as const
const MODELS = [
  'deepgram_nova-3',
  'deepgram_nova-2',
  'googlev2_telephony',
  'googlev2_telephony_short',
  'googlev2_long',
  'googlev2_short',
  'phone_call',
  'numbers_and_commands',
  'experimental_conversations',
  'experimental_utterances',
  'default',
] as const
const SECONDS = Array.from({ length: 10 }, (_, index) => String(index + 1))
const FIELDS = ['greeting', 'say_language', 'voice', 'hear_language', 'speech_timeout_s', 'hints']

interface Values {
  engine: string
  language: string
  greeting: string
  is_recorded: boolean
  say_language: string
  voice: string
  hear_language: string
  speech_model: string
  speech_timeout_s: string
  hints: string
}

interface Props {
  businessId: number
  saved: PhoneSettings
}

/** How calls are answered. An empty field stands for what the language's preset says, which it shows. */
export function PhoneSettingsForm({ businessId, saved }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const save = useReplacePhoneSettings(businessId)
  const { chosen, preset } = saved
  const form = useForm<Values>({ initialValues: valuesOf(chosen) })
  const submit = useSave(form, save, bodyOf, (now) => valuesOf(now.chosen))
  return (
    <SettingsCard
      title={t('phone.answering')}
      onSubmit={submit}
      save={save}
      fields={FIELDS}
      isChanged={form.isDirty()}
      savedTitle={t('phone.saved')}
      saveLabel={t('phone.save')}
      testId="phone-save"
    >
      <Text dir="auto" data-testid="first-words">
        {t('phone.firstWords')} <q>{saved.first_words}</q>
      </Text>
      <EngineChoice
        value={form.values.engine}
        onChange={(value) => form.setFieldValue('engine', value)}
      />
      <NativeSelect
        label={t('phone.language')}
        data={[
          { value: '', label: t('phone.ownLanguage') },
          ...LANGUAGES.map((value) => ({ value, label: wordFor('phone.languages', value) })),
        ]}
        {...form.getInputProps('language')}
        data-testid="phone-language"
      />
      <Textarea
        label={t('phone.greeting')}
        description={t('phone.greetingText')}
        placeholder={preset.greeting}
        classNames={{ input: 'maane-any-direction' }}
        autosize
        minRows={2}
        maxLength={500}
        {...form.getInputProps('greeting')}
        data-testid="phone-greeting"
      />
      <Checkbox
        label={t('phone.recorded')}
        {...form.getInputProps('is_recorded', { type: 'checkbox' })}
      />
      <Title order={3} size="h5">
        {t('phone.exact')}
      </Title>
      <Text size="sm" c="dimmed">
        {t('phone.exactText')}
      </Text>
      {(['say_language', 'voice', 'hear_language'] as const).map((field) => (
        <TextInput
          key={field}
          label={wordFor('phone.field', field)}
          placeholder={preset[field]}
          dir="ltr"
          {...form.getInputProps(field)}
        />
      ))}
      <NativeSelect
        label={t('phone.speechModel')}
        data={[
          { value: '', label: t('phone.asPreset', { value: preset.speech_model }) },
          ...MODELS.map((value) => ({ value, label: value })),
        ]}
        {...form.getInputProps('speech_model')}
      />
      <NativeSelect
        label={t('phone.speechTimeout')}
        data={[
          {
            value: '',
            label: t('phone.asPreset', { value: String(preset.speech_timeout_s) }),
          },
          ...SECONDS,
        ]}
        {...form.getInputProps('speech_timeout_s')}
      />
      <Textarea
        label={t('phone.hints')}
        description={t('phone.hintsText')}
        classNames={{ input: 'maane-any-direction' }}
        autosize
        minRows={2}
        maxRows={8}
        {...form.getInputProps('hints')}
      />
    </SettingsCard>
  )
}

function valuesOf(chosen: PhoneSettingsBody): Values {
  return {
    engine: chosen.engine,
    language: chosen.language ?? '',
    greeting: chosen.greeting,
    is_recorded: chosen.is_recorded,
    say_language: chosen.say_language ?? '',
    voice: chosen.voice ?? '',
    hear_language: chosen.hear_language ?? '',
    speech_model: chosen.speech_model ?? '',
    speech_timeout_s: chosen.speech_timeout_s === null ? '' : String(chosen.speech_timeout_s),
    hints: chosen.hints,
  }
}

function bodyOf(values: Values): PhoneSettingsBody {
  const orNull = (value: string) => value.trim() || null
  return {
    engine: values.engine as PhoneSettingsBody['engine'],
    language: (values.language || null) as PhoneSettingsBody['language'],
    greeting: values.greeting.trim(),
    is_recorded: values.is_recorded,
    say_language: orNull(values.say_language),
    voice: orNull(values.voice),
    hear_language: orNull(values.hear_language),
    speech_model: (values.speech_model || null) as PhoneSettingsBody['speech_model'],
    speech_timeout_s: values.speech_timeout_s === '' ? null : Number(values.speech_timeout_s),
    hints: values.hints,
  }
}
