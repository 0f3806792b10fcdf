/** A week of opening times, Sunday first. */
import type { Schemas } from '../http'
import { useFormats } from '../i18n/format'
import { DayEditor } from './day-editor'

export type Interval = Schemas['Interval']
export type Fault = 'order' | 'short' | 'overlap'

interface Props {
  week: Interval[][]
  faults: (Fault | null)[]
  closedText: string
  onChange: (week: Interval[][]) => void
}

export function WeekEditor({ week, faults, closedText, onChange }: Props) {
  const formats = useFormats()
  return week.map((day, number) => (
    <DayEditor
      key={number}
      number={number}
      name={formats.weekday(number)}
      day={day}
      fault={faults[number] ?? null}
      closedText={closedText}
      before={number === 0 ? null : (week[number - 1] ?? null)}
      nameBefore={formats.weekday(number - 1)}
      onChange={(next) => onChange(week.map((before, other) => (other === number ? next : before)))}
    />
  ))
}

const minutesOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))

/** What the server would refuse in a day, said before it is asked. `length`: the shortest interval. */
export function faultOf(day: Interval[], length: number): Fault | null {
  const spans = day.map(({ opens, closes }) => [minutesOf(opens), minutesOf(closes)] as const)
  if (spans.some(([opens, closes]) => Number.isNaN(opens + closes) || closes <= opens)) {
    return 'order'
  }
  if (spans.some(([opens, closes]) => closes - opens < length)) return 'short'
  const ordered = [...spans].sort((a, b) => a[0] - b[0])
  const overlaps = ordered.some(([opens], index) => opens < (ordered[index - 1]?.[1] ?? 0))
  return overlaps ? 'overlap' : null
}
