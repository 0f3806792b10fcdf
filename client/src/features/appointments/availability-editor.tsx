import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { Card, Loading } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { faultOf, WeekEditor, type Interval } from '../../ui/week'
import { availabilityQuery, useReplaceAvailability, type Availability } from './queries'

type Save = ReturnType<typeof useReplaceAvailability>

const LENGTHS_MIN = [10, 15, 20, 30, 40, 45, 60, 75, 90, 120, 180, 240]
const NOTICES_MIN = [0, 30, 60, 120, 240, 720, 1440, 2880, 10080]

export function AvailabilityCard({ businessId }: { businessId: number }) {
  const saved = useQuery(availabilityQuery(businessId))
  // It lies here because the editor, which it gives new values, begins anew with them.
  const save = useReplaceAvailability(businessId)
  return (
    <>
      {saved.isError && <ErrorNotice error={saved.error} onRetry={() => void saved.refetch()} />}
      {saved.isPending && <Loading />}
      {saved.data !== undefined && (
        // Somebody else's save begins the editing anew, as it would after a reload.
        <Editor key={saved.data.updated_at ?? 'none'} saved={saved.data} save={save} />
      )}
    </>
  )
}

/** A week of intervals and the rules for customers; all of it is saved at once. */
function Editor({ saved, save }: { saved: Availability; save: Save }) {
  const { t } = useWords()
  const formats = useFormats()
  const [week, setWeek] = useState<Interval[][]>(saved.week)
  const [length, setLength] = useState(saved.length_min)
  const [notice, setNotice] = useState(saved.notice_min)
  const [ahead, setAhead] = useState(String(saved.ahead_days))
  const [capacity, setCapacity] = useState(String(saved.capacity))
  const isAheadWrong = !isWhole(ahead, 365)
  const isCapacityWrong = !isWhole(capacity, 50)
  const wrong = week.map((day) => faultOf(day, length))
  const isWrong = isAheadWrong || isCapacityWrong || wrong.some((fault) => fault !== null)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isWrong) return
    save.mutate({
      week,
      length_min: length,
      notice_min: notice,
      ahead_days: Number(ahead),
      capacity: Number(capacity),
    })
  }
  const spoken = (minutes: number) =>
    minutes === 0 ? t('appointments.noNotice') : formats.duration(minutes)
  const options = (known: number[], value: number) =>
    [...new Set([...known, value])]
      .sort((a, b) => a - b)
      .map((minutes) => ({ value: String(minutes), label: spoken(minutes) }))

  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <div>
            <Title order={2} size="h4">
              {t('appointments.week')}
            </Title>
            <Text c="dimmed" size="sm">
              {saved.is_offered ? t('appointments.weekText') : t('appointments.weekNone')}
            </Text>
          </div>
          {save.isError && <ErrorNotice error={save.error} />}
          <WeekEditor
            week={week}
            faults={wrong}
            closedText={t('appointments.closed')}
            onChange={setWeek}
          />
          <Title order={2} size="h4">
            {t('appointments.rules')}
          </Title>
          <NativeSelect
            label={t('appointments.lengthOf')}
            data={options(LENGTHS_MIN, length)}
            value={String(length)}
            onChange={(event) => setLength(Number(event.currentTarget.value))}
            data-testid="availability-length"
          />
          <NativeSelect
            label={t('appointments.notice')}
            data={options(NOTICES_MIN, notice)}
            value={String(notice)}
            onChange={(event) => setNotice(Number(event.currentTarget.value))}
            data-testid="availability-notice"
          />
          <TextInput
            label={t('appointments.ahead')}
            inputMode="numeric"
            dir="ltr"
            value={ahead}
            error={isAheadWrong && t('appointments.wholeUpTo', { most: 365 })}
            onChange={(event) => setAhead(event.currentTarget.value)}
            data-testid="availability-ahead"
          />
          <TextInput
            label={t('appointments.capacity')}
            description={t('appointments.capacityHint')}
            inputMode="numeric"
            dir="ltr"
            value={capacity}
            error={isCapacityWrong && t('appointments.wholeUpTo', { most: 50 })}
            onChange={(event) => setCapacity(event.currentTarget.value)}
            data-testid="availability-capacity"
          />
          {save.isSuccess && <Receipt title={t('appointments.saved')} />}
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} data-testid="availability-save">
              {t('appointments.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  )
}

function isWhole(value: string, most: number): boolean {
  return /^\d{1,3}$/.test(value.trim()) && Number(value) >= 1 && Number(value) <= most
}
