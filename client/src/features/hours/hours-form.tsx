import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { Card } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { faultOf, WeekEditor, type Interval } from '../../ui/week'
import { Away, awayFault } from './away'
import classes from './hours.module.css'
import { type BusinessHours, type HoursBody, type useReplaceHours } from './queries'
import { isSpecialWrong, SpecialDays } from './special-days'

type Holiday = HoursBody['holidays'][number]
type Eve = HoursBody['eve']

const OFFICE: Interval[] = [{ opens: '09:00', closes: '17:00' }]
const FRIDAY: Interval[] = [{ opens: '09:00', closes: '13:00' }]
const USUAL_WEEK: Interval[][] = [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, FRIDAY, []]
/** What nearly every business marks. */
const HIGH: Holiday[] = [
  'rosh_hashanah',
  'yom_kippur',
  'sukkot',
  'simchat_torah',
  'pesach',
  'pesach_last',
  'shavuot',
]

interface Props {
  saved: BusinessHours
  save: ReturnType<typeof useReplaceHours>
}

/** The week, the holidays, the days of the business's own and what is said while it is closed; all of
    it is saved at once. */
export function HoursForm({ saved, save }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats()
  const [isAlways, setAlways] = useState(saved.week === null)
  const [week, setWeek] = useState(saved.week ?? USUAL_WEEK)
  const [chosen, setChosen] = useState(saved.holidays as Holiday[])
  const [eve, setEve] = useState(saved.eve as Eve)
  const [eveCloses, setEveCloses] = useState(saved.eve_closes ?? '12:00')
  const [days, setDays] = useState(saved.days)
  const [saysAway, setSaysAway] = useState(saved.says_away)
  const [awayText, setAwayText] = useState(saved.away_text)

  const faults = week.map((day) => faultOf(day, 0))
  const isNever = !isAlways && week.every((day) => day.length === 0)
  const isEveWrong = eve === 'until' && (eveCloses === '' || eveCloses === '00:00')
  const isWrong =
    (!isAlways && (isNever || faults.some((fault) => fault !== null))) ||
    isEveWrong ||
    days.some(isSpecialWrong) ||
    awayFault(awayText, saysAway) !== null

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isWrong) return
    save.mutate({
      week: isAlways ? null : week,
      holidays: chosen,
      eve,
      eve_closes: eve === 'until' ? eveCloses : null,
      days,
      says_away: saysAway,
      away_text: awayText,
    })
  }
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Title order={2} size="h4">
            {t('hours.week')}
          </Title>
          {save.isError && <ErrorNotice error={save.error} />}
          <Checkbox
            label={t('hours.always')}
            description={t('hours.alwaysText')}
            checked={isAlways}
            onChange={(event) => setAlways(event.currentTarget.checked)}
            data-testid="hours-always"
          />
          {!isAlways && (
            <div>
              <WeekEditor
                week={week}
                faults={faults}
                closedText={t('hours.closed')}
                onChange={setWeek}
              />
              {isNever && (
                <Text size="sm" c="red.9" role="alert">
                  {t('hours.neverOpen')}
                </Text>
              )}
            </div>
          )}
          <div>
            <Title order={2} size="h4">
              {t('hours.holidays')}
            </Title>
            <Text c="dimmed" size="sm">
              {t('hours.holidaysText')}
            </Text>
          </div>
          {!HIGH.every((key) => chosen.includes(key)) && (
            <Group>
              <Button
                variant="light"
                size="compact-sm"
                onClick={() => setChosen([...new Set([...chosen, ...HIGH])])}
                data-testid="hours-mark"
              >
                {t('hours.markAll')}
              </Button>
            </Group>
          )}
          <Checkbox.Group value={chosen} onChange={(keys) => setChosen(keys as Holiday[])}>
            <div className={classes.holidays}>
              {saved.presets.map(({ key, next }) => (
                <Checkbox
                  key={key}
                  value={key}
                  label={wordFor('hours.holiday', key)}
                  description={next !== null && t('hours.next', { day: formats.dayOfYear(next) })}
                  data-testid={`holiday-${key}`}
                />
              ))}
            </div>
          </Checkbox.Group>
          <Group align="start">
            <NativeSelect
              label={t('hours.eve')}
              data={[
                { value: 'usual', label: t('hours.eveUsual') },
                { value: 'until', label: t('hours.eveUntil') },
                { value: 'closed', label: t('hours.eveClosed') },
              ]}
              value={eve}
              onChange={(event) => setEve(event.currentTarget.value as Eve)}
              data-testid="hours-eve"
            />
            {eve === 'until' && (
              <TextInput
                type="time"
                label={t('hours.eveCloses')}
                value={eveCloses}
                error={isEveWrong && t('hours.eveMissing')}
                onChange={(event) => setEveCloses(event.currentTarget.value)}
                data-testid="hours-eve-closes"
              />
            )}
          </Group>
          <SpecialDays days={days} onChange={setDays} />
          <Away
            isOn={saysAway}
            text={awayText}
            opens={saved.away_opens}
            onChange={(isOn, text) => {
              setSaysAway(isOn)
              setAwayText(text)
            }}
          />
          {save.isSuccess && <Receipt title={t('hours.saved')} />}
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} data-testid="hours-save">
              {t('hours.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  )
}
