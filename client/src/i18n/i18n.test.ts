import { describe, expect, it } from 'vitest'
import { directionOf, startI18n, switchLanguage } from '.'
import en from './en.json'
import { formatsOf } from './format'
import he from './he.json'

function leavesOf(words: object, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value]] : leavesOf(value, `${path}${key}.`),
  )
}

const hebrew = new Map(leavesOf(he))
const english = new Map(leavesOf(en))
const placeholdersOf = (text: string) => [...text.matchAll(/{{[^}]+}}/g)].map(String).sort()

describe('the dictionaries', () => {
  it('hold the same keys in Hebrew and in English', () => {
    expect([...english.keys()]).toEqual([...hebrew.keys()])
  })

  it('leave nothing empty', () => {
    expect([...hebrew, ...english].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('ask for the same values in both languages', () => {
    for (const [key, text] of hebrew) {
      expect([key, placeholdersOf(english.get(key) ?? '')]).toEqual([key, placeholdersOf(text)])
    }
  })

  it('are really two languages', () => {
    const isSame = [...hebrew].filter(([key, text]) => english.get(key) === text)
    const mayBeSame = /^(language\.|.*whatsapp)/i
    expect(isSame.map(([key]) => key).filter((key) => !mayBeSame.test(key))).toEqual([])
  })
})

describe('the page', () => {
  it('begins in Hebrew, from right to left', async () => {
    await startI18n()
    expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['he', 'rtl'])
  })

  it('turns around with the language and remembers it', async () => {
    await switchLanguage('en')
    expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['en', 'ltr'])
    expect(document.title).toBe('Maane')
    await startI18n()
    expect(document.documentElement.lang).toBe('en')
  })

  it('takes a language it does not know for Hebrew', async () => {
    localStorage.setItem('maane.language', 'xx')
    await startI18n()
    expect(document.documentElement.lang).toBe('he')
    expect(directionOf('xx')).toBe('rtl')
  })
})

describe('times', () => {
  const now = Date.parse('2026-03-01T12:00:00Z')
  const before = (seconds: number) => new Date(now - seconds * 1000).toISOString()

  it('are told in the largest unit that fits', () => {
    const { ago } = formatsOf('en', 'UTC')
    expect([5, 300, 7200, 86_400].map((s) => ago(before(s), now))).toEqual([
      'now',
      '5 minutes ago',
      '2 hours ago',
      'yesterday',
    ])
  })

  it('say small Hebrew numbers once', () => {
    expect(formatsOf('he', 'UTC').ago(before(7200), now)).toBe('לפני שעתיים')
  })

  it('are in the zone of the business', () => {
    expect(formatsOf('en', 'Asia/Jerusalem').time('2026-03-01T12:00:00Z')).toBe('14:00')
  })
})
