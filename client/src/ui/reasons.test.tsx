import { MantineProvider } from '@mantine/core'
import { render } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { startI18n } from '../i18n'
import en from '../i18n/en.json'
import he from '../i18n/he.json'
import { CODES, partsOf, Unsent } from './reasons'

function shown(status: string, reason: string) {
  const view = render(
    <MantineProvider env="test">
      <Unsent status={status} reason={reason} />
    </MantineProvider>,
  )
  return view.container.querySelector('p')?.textContent
}

describe.each([
  ['he', he],
  ['en', en],
] as const)('a reason in %s', (language, words) => {
  beforeEach(() => startI18n(language))

  it.each(Object.keys(he.messageError))('has a sentence for %s', (name) => {
    const sentence = (words.messageError as Record<string, string>)[name]
    expect(shown('failed', name)).toBe(sentence)
  })

  it('has a sentence for every code, and shows the code and the provider’s words behind it', () => {
    const sentences = words.messageError as Record<string, string>
    for (const [name, codes] of Object.entries(CODES)) {
      expect(sentences[name], name).toBeDefined()
      for (const code of codes) {
        expect(partsOf(`${code}: Its own words`)).toEqual({ name, own: `${code}: Its own words` })
      }
    }
    expect(shown('failed', '131026: Undeliverable')).toBe(
      `${words.messageError.undeliverable} · 131026: Undeliverable`,
    )
    expect(shown('failed', '63016')).toBe(`${words.messageError.window_closed} · 63016`)
  })

  it.each(Object.keys(he.withheldReason))('says that it was kept back: %s', (name) => {
    expect(shown('withheld', name)).toBe((words.withheldReason as Record<string, string>)[name])
  })

  it('shows a code that nobody knows beside what it surely means', () => {
    expect(shown('failed', '987654')).toBe(`${words.messageError.refused} · 987654`)
  })
})

describe('what was kept', () => {
  it('by an older version is shown as it is', async () => {
    await startI18n('he')
    expect(shown('failed', 'could not be sent')).toBe('could not be sent')
    expect(partsOf('HTTP 503')).toEqual({ name: null, own: 'HTTP 503' })
  })

  it('is a code once, whichever provider it is of', () => {
    const codes = Object.values(CODES).flat()
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('takes all of Meta’s codes for permissions as one', () => {
    expect(partsOf('200').name).toBe('permission')
    expect(partsOf('299: x')).toEqual({ name: 'permission', own: '299: x' })
  })
})
