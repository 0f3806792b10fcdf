import { ActionIcon, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useWords } from '../i18n'
import { DeleteIcon, PlusIcon } from './icons'
import type { Fault, Interval } from './week'
import classes from './week.module.css'

const MOST_INTERVALS = 6

interface Props {
  number: number
  name: string
  day: Interval[]
  fault: Fault | null
  /** What a day without times says. */
  closedText: string
  /** The day before, whose times can be taken over. */
  before: Interval[] | null
  nameBefore: string
  onChange: (day: Interval[]) => void
}

/** One weekday: any number of intervals, each from an hour to an hour. */
export function DayEditor(props: Props) {
  const { number, name, day, fault, closedText, before, nameBefore, onChange } = props
  const { t } = useWords()
  const change = (index: number, values: Partial<Interval>) =>
    onChange(
      day.map((interval, other) => (other === index ? { ...interval, ...values } : interval)),
    )
  const last = day.at(-1)
  const next: Interval =
    last === undefined ? { opens: '09:00', closes: '17:00' } : { opens: last.closes, closes: '' }
  return (
    <div role="group" aria-label={name} className={classes.day} data-testid={`day-${number}`}>
      <Text fw={600}>{name}</Text>
      <Stack gap="xs">
        {day.length === 0 && <Text c="dimmed">{closedText}</Text>}
        {day.map(({ opens, closes }, index) => (
          <Group key={index} gap="xs" wrap="nowrap">
            <TextInput
              type="time"
              aria-label={t('week.opens', { day: name })}
              value={opens}
              onChange={(event) => change(index, { opens: event.currentTarget.value })}
              data-testid={`opens-${number}-${index}`}
            />
            <span aria-hidden="true">–</span>
            <TextInput
              type="time"
              aria-label={t('week.closes', { day: name })}
              // Midnight at the end of a day, which this kind of field can only show as its beginning.
              value={closes === '24:00' ? '00:00' : closes}
              onChange={(event) => {
                const { value } = event.currentTarget
                change(index, { closes: value === '00:00' ? '24:00' : value })
              }}
              data-testid={`closes-${number}-${index}`}
            />
            <ActionIcon
              variant="subtle"
              color="red"
              size="lg"
              aria-label={t('week.remove', { day: name })}
              onClick={() => onChange(day.filter((_, other) => other !== index))}
              data-testid={`remove-${number}-${index}`}
            >
              <DeleteIcon />
            </ActionIcon>
          </Group>
        ))}
        {fault !== null && (
          <Text size="sm" c="red.9" role="alert">
            {t(`week.fault.${fault}`)}
          </Text>
        )}
      </Stack>
      <Group gap={4} className={classes.dayActions}>
        {day.length < MOST_INTERVALS && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<PlusIcon size={16} />}
            aria-label={t('week.addNamed', { day: name })}
            onClick={() => onChange([...day, next])}
            data-testid={`add-${number}`}
          >
            {t('week.add')}
          </Button>
        )}
        {before !== null && day.length === 0 && before.length > 0 && (
          <Button
            variant="subtle"
            size="compact-sm"
            aria-label={t('week.sameNamed', { day: name, before: nameBefore })}
            onClick={() => onChange(before)}
            data-testid={`same-${number}`}
          >
            {t('week.same', { before: nameBefore })}
          </Button>
        )}
      </Group>
    </div>
  )
}
