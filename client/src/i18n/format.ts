/** Numbers and times in the reader's language, always through `Intl`. */
import { useMemo } from 'react'
import { useWords, type Language } from '.'

const LOCALES: Record<Language, string> = { he: 'he-IL', en: 'en-GB' }
const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const DAY_S = 24 * HOUR_S

export function formatsOf(language: Language, timeZone?: string | null) {
  const locale = LOCALES[language]
  const zone = timeZone ?? undefined
  const dateTime = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: zone,
  })
  const time = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const number = new Intl.NumberFormat(locale)

  // Hebrew's own data repeats small numbers in brackets: `לפני שעתיים (2)`.
  const spoken = (value: number, unit: Intl.RelativeTimeFormatUnit) =>
    relative.format(value, unit).replace(/ \(\D?\d+\D?\)$/, '')

  return {
    number: (value: number) => number.format(value),
    dateTime: (iso: string) => dateTime.format(new Date(iso)),
    time: (iso: string) => time.format(new Date(iso)),
    /** How long ago, in the largest unit that fits; a date once it is more than a week. */
    ago(iso: string, nowMs: number): string {
      const seconds = Math.round((new Date(iso).getTime() - nowMs) / 1000)
      const distance = Math.abs(seconds)
      if (distance < MINUTE_S) return spoken(0, 'second')
      if (distance < HOUR_S) return spoken(Math.trunc(seconds / MINUTE_S), 'minute')
      if (distance < DAY_S) return spoken(Math.trunc(seconds / HOUR_S), 'hour')
      if (distance < 7 * DAY_S) return spoken(Math.trunc(seconds / DAY_S), 'day')
      return dateTime.format(new Date(iso))
    },
  }
}

export function useFormats(timeZone?: string | null) {
  const { language } = useWords()
  return useMemo(() => formatsOf(language, timeZone), [language, timeZone])
}
