import {
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useWords } from '../../i18n'
import { useFieldErrors } from '../../ui/error-words'
import { SettingsCard } from '../../ui/settings-card'
import { useSave } from '../../ui/use-save'
import { useReplaceOutgoing, type OutgoingSettings, type OutgoingSettingsBody } from './queries'

const FIELDS = ['countries', 'daily_limit', 'quiet_from', 'quiet_until', 'people']
const MOST_PEOPLE = 10

interface Props {
  businessId: number
  saved: OutgoingSettings
}

/** Whom the business calls back, when, how often, and which of its own people a lead is put through to. */
export function OutgoingSettingsForm({ businessId, saved }: Props) {
  const { t } = useWords()
  const { i18n } = useTranslation()
  const fieldErrors = useFieldErrors()
  const save = useReplaceOutgoing(businessId)
  const form = useForm<OutgoingSettingsBody>({ initialValues: saved.chosen })
  const countries = useMemo(() => {
    const names = new Intl.DisplayNames([i18n.language], { type: 'region' })
    return saved.known_countries
      .map((value) => ({ value, label: names.of(value) ?? value }))
      .sort((a, b) => a.label.localeCompare(b.label, i18n.language))
  }, [i18n.language, saved.known_countries])
  const own = countries.find(({ value }) => value === saved.own_country)?.label
  const errors = fieldErrors(save.error)
  const submit = useSave(
    form,
    save,
    (values) => ({
      ...values,
      people: values.people.filter((one) => one.name !== '' || one.number !== ''),
    }),
    (now) => now.chosen,
  )
  return (
    <SettingsCard
      title={t('outgoing.title')}
      text={t('outgoing.text')}
      onSubmit={submit}
      save={save}
      fields={FIELDS}
      isChanged={form.isDirty()}
      savedTitle={t('outgoing.saved')}
      saveLabel={t('phone.save')}
      testId="outgoing-save"
    >
      <MultiSelect
        label={t('outgoing.countries')}
        description={
          own === undefined ? t('outgoing.noCountry') : t('outgoing.ownCountry', { name: own })
        }
        data={countries}
        searchable
        clearable
        maxValues={50}
        {...form.getInputProps('countries')}
        data-testid="outgoing-countries"
      />
      <NumberInput
        label={t('outgoing.limit')}
        description={t('outgoing.limitText', {
          most: saved.most_per_day,
          today: saved.asked_today,
        })}
        min={0}
        max={1000}
        allowDecimal={false}
        maw={240}
        {...form.getInputProps('daily_limit')}
        data-testid="outgoing-limit"
      />
      <Group align="flex-start">
        <TextInput
          type="time"
          label={t('outgoing.quietFrom')}
          {...form.getInputProps('quiet_from')}
          data-testid="outgoing-quiet-from"
        />
        <TextInput
          type="time"
          label={t('outgoing.quietUntil')}
          {...form.getInputProps('quiet_until')}
          data-testid="outgoing-quiet-until"
        />
      </Group>
      <Checkbox
        label={t('outgoing.closedDays')}
        {...form.getInputProps('quiet_on_closed_days', { type: 'checkbox' })}
      />
      <div>
        <Title order={3} size="h5">
          {t('outgoing.people')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('outgoing.peopleText')}
        </Text>
      </div>
      {form.values.people.map((_, index) => (
        <Group key={index} align="flex-end">
          <TextInput
            label={t('outgoing.personName')}
            dir="auto"
            {...form.getInputProps(`people.${index}.name`)}
            data-testid={`outgoing-name-${index}`}
          />
          <TextInput
            label={t('outgoing.personNumber')}
            type="tel"
            dir="ltr"
            {...form.getInputProps(`people.${index}.number`)}
            data-testid={`outgoing-number-${index}`}
          />
          <Button variant="default" onClick={() => form.removeListItem('people', index)}>
            {t('outgoing.remove')}
          </Button>
        </Group>
      ))}
      {errors['people'] !== undefined && (
        <Text size="sm" c="red.9" role="alert">
          {errors['people']}
        </Text>
      )}
      <Group>
        <Button
          variant="default"
          disabled={form.values.people.length >= MOST_PEOPLE}
          onClick={() => form.insertListItem('people', { name: '', number: '' })}
          data-testid="outgoing-add"
        >
          {t('outgoing.add')}
        </Button>
      </Group>
    </SettingsCard>
  )
}
