import { Checkbox, NativeSelect, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { isolate, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import type { ActingBusiness } from '../../ui/session'
import { DeletionList } from '../../ui/deletion-list'
import { SettingsCard } from '../../ui/settings-card'
import { previewQuery, useReplaceRetention, type Days, type Retention } from './queries'

const CHOICES = [null, 365, 180, 90, 30] as const

interface Props {
  business: ActingBusiness
  saved: Retention
}

/** Chooses how long to keep, and shows what the choice would delete before it is saved. */
export function RetentionForm({ business, saved }: Props) {
  const { t } = useWords()
  const formats = useFormats(business.timezone)
  const [days, setDays] = useState(saved.days as Days)
  const [leads, setLeads] = useState(saved.leads)
  const save = useReplaceRetention(business.id)
  const preview = useQuery(previewQuery(business.id, days, leads))
  const isChanged = days !== saved.days || (days !== null && leads !== saved.leads)
  const isSeen = days === null || preview.data !== undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ days, leads: days !== null && leads })
  }
  return (
    <SettingsCard
      title={t('privacy.keep')}
      onSubmit={submit}
      save={save}
      isChanged={isChanged}
      savedTitle={t('privacy.saved')}
      saveLabel={t('privacy.save')}
      testId="keep-save"
      button={{ color: days === null ? undefined : 'red.9', disabled: !isChanged || !isSeen }}
    >
      <NativeSelect
        label={t('privacy.keepLabel')}
        description={t('privacy.keepHint')}
        value={String(days)}
        onChange={(event) => {
          const { value } = event.currentTarget
          setDays(CHOICES.find((choice) => String(choice) === value) ?? null)
        }}
        data={CHOICES.map((choice) => ({
          value: String(choice),
          label: choice === null ? t('privacy.forever') : t('privacy.days', { days: choice }),
        }))}
        data-testid="keep-days"
      />
      <Checkbox
        label={t('privacy.leads')}
        description={t('privacy.leadsHint')}
        disabled={days === null}
        checked={days !== null && leads}
        onChange={(event) => setLeads(event.currentTarget.checked)}
        data-testid="keep-leads"
      />
      {preview.isError && (
        <ErrorNotice error={preview.error} onRetry={() => void preview.refetch()} />
      )}
      {days !== null && preview.data !== undefined && (
        <div role="status" data-testid="preview">
          <Text size="sm" fw={600}>
            {t('privacy.preview')}
          </Text>
          <DeletionList items={preview.data.items} />
        </div>
      )}
      {saved.last_night !== null && (
        <div data-testid="last-night">
          <Text size="sm" c="dimmed">
            {t('privacy.lastNight', {
              at: isolate(formats.dateTime(saved.last_night.finished_at)),
            })}
          </Text>
          <DeletionList items={saved.last_night.items} />
        </div>
      )}
    </SettingsCard>
  )
}
