import { renderHook } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { startI18n } from '../i18n'
import { useReadable } from './marks'

async function shown(language: 'he' | 'en', text: string) {
  await startI18n(language)
  return renderHook(() => useReadable()).result.current(text)
}

describe('what was sent beside text', () => {
  it.each([
    ['he', '[location] דיזנגוף 50 (32.07, 34.77)', 'מיקום: דיזנגוף 50 (32.07, 34.77)'],
    ['en', '[location] (32.07, 34.77)', 'Location: (32.07, 34.77)'],
    ['he', '[contacts]', 'איש קשר'],
    ['en', '[contacts]', 'Contact'],
    ['he', '[revoke]', 'הודעה נמחקה'],
    ['en', '[revoke]', 'A message was deleted'],
    ['he', '[unsupported]', 'הודעה מסוג ש־WhatsApp לא מעביר לכאן'],
    ['en', '[poll_creation]', 'A kind of message that WhatsApp does not bring here'],
    ['he', '[document: חוזה.pdf] לחתימה', 'מסמך: חוזה.pdf: לחתימה'],
    ['en', '[voice note, not transcribed]', 'Voice note, not transcribed'],
    ['he', '[voice note, transcribed] שלום', 'הודעה קולית: שלום'],
    ['he', '[keypad] 0', 'הקשה: 0'],
  ] as const)('is told in %s: %s', async (language, text, words) => {
    expect((await shown(language, text)).trim()).toBe(words)
  })

  it.each(['[urgent] call me', 'see [location]', '[Location]', 'שלום'])(
    'is not taken for what somebody wrote: %s',
    async (text) => {
      expect(await shown('en', text)).toBe(text)
    },
  )
})
