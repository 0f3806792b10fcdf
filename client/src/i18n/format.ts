/** Numbers and times in the reader's language, always through `Intl`. */
import { useMemo } from 'react'
import { useWords, type Language } from '.'

const LOCALES: Record<Language, string> = { he: 'he-IL', en: 'en-GB' }
const MEGABYTE = 1024 * 1024
const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const DAY_S = 24 * HOUR_S
const HOUR_MIN = 60
const DAY_MIN = 24 * HOUR_MIN
/** A Sunday, with which the week begins. */
const SUNDAY = Date.UTC(2026, 0, 4)

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
  // These are of days and not of instants: whatever the zone, a day has one name.
  const utc = { timeZone: 'UTC' } as const
  const day = new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...utc,
  })
  const dayOfYear = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    ...utc,
  })
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long', ...utc })
  const lasting = (value: number, unit: 'minute' | 'hour' | 'day') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const size = (unit: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 1 })
  const kilobytes = size('kilobyte')
  const megabytes = size('megabyte')
  const number = new Intl.NumberFormat(locale)
  const seconds = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'narrow',
    maximumFractionDigits: 1,
  })

  // Hebrew's own data repeats small numbers in brackets: `לפני שעתיים (2)`.
  const spoken = (value: number, unit: Intl.RelativeTimeFormatUnit) =>
    relative.format(value, unit).replace(/ \(\D?\d+\D?\)$/, '')

  return {
    number: (value: number) => number.format(value),
    bytes: (value: number) =>
      value < MEGABYTE
        ? kilobytes.format(Math.max(0.1, value / 1024))
        : megabytes.format(value / MEGABYTE),
    dateTime: (iso: string) => dateTime.format(new Date(iso)),
    /** A day of a calendar, `2026-11-30`. */
    day: (date: string) => day.format(new Date(`${date}T00:00:00Z`)),
    /** The same with its year. */
    dayOfYear: (date: string) => dayOfYear.format(new Date(`${date}T00:00:00Z`)),
    /** 0 is Sunday. */
    weekday: (number: number) => weekday.format(new Date(SUNDAY + number * DAY_S * 1000)),
    /** So many minutes, in days or hours where they are whole. */
    duration(minutes: number): string {
      if (minutes % DAY_MIN === 0) return lasting(minutes / DAY_MIN, 'day')
      if (minutes % HOUR_MIN === 0) return lasting(minutes / HOUR_MIN, 'hour')
      return lasting(minutes, 'minute')
    },
    seconds: (value: number) => seconds.format(value),
    /** So many seconds as a clock shows them, `3:07`. */
    clock: (value: number) =>
      `${Math.trunc(value / MINUTE_S)}:${String(Math.trunc(value) % MINUTE_S).padStart(2, '0')}`,
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

/** The day of an instant on a wall clock, `2026-11-30`. */
export function dayOf(iso: string, timeZone: string): string {
  // Sweden writes its dates that way.
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(iso))
}

export function addDays(date: string, days: number): string {
  const ms = new Date(`${date}T00:00:00Z`).getTime() + days * DAY_S * 1000
  return new Date(ms).toISOString().slice(0, 10)
}

export function useFormats(timeZone?: string | null) {
  const { language } = useWords()
  return useMemo(() => formatsOf(language, timeZone), [language, timeZone])
}
