import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hasEar, listen } from './ear'

type Result = { isFinal: boolean; words: string }

/** A browser's recognition: it reports all results so far, and ends by itself after one sentence. */
class Recognition {
  static made: Recognition[] = []
  lang = ''
  interimResults = false
  onresult: ((event: { results: unknown }) => void) | null = null
  onend: (() => void) | null = null
  onerror: ((event: { error: string }) => void) | null = null
  start = vi.fn()
  abort = vi.fn()

  constructor() {
    Recognition.made.push(this)
  }

  hear(...results: Result[]) {
    this.onresult?.({
      results: results.map(({ isFinal, words }) =>
        Object.assign([{ transcript: words }], { isFinal }),
      ),
    })
  }
}

const heard = { onPartial: vi.fn(), onWords: vi.fn(), onEnd: vi.fn() }

describe('the ear of a caller', () => {
  beforeEach(() => {
    Recognition.made = []
    vi.clearAllMocks()
  })
  afterEach(() => {
    Reflect.deleteProperty(window, 'SpeechRecognition')
    Reflect.deleteProperty(window, 'webkitSpeechRecognition')
  })

  it('is not there where the browser has none', () => {
    expect(hasEar()).toBe(false)
    listen('he', heard)()
    expect(heard.onEnd).not.toHaveBeenCalled()
  })

  it.each(['SpeechRecognition', 'webkitSpeechRecognition'])('hears through %s', (name) => {
    Reflect.set(window, name, Recognition)
    expect(hasEar()).toBe(true)
    const stop = listen('he', heard)
    const [ear] = Recognition.made
    expect(ear).toMatchObject({ lang: 'he-IL', interimResults: true })
    expect(ear?.start).toHaveBeenCalledOnce()
    ear?.hear({ isFinal: false, words: ' אני ' })
    ear?.hear({ isFinal: false, words: '' })
    ear?.hear({ isFinal: true, words: 'אני רוצה תור ' })
    ear?.onend?.()
    expect(heard.onPartial.mock.calls).toEqual([['אני']])
    expect(heard.onWords.mock.calls).toEqual([['אני רוצה תור']])
    expect(heard.onEnd.mock.calls).toEqual([[null]])
    stop()
    expect(ear?.abort).toHaveBeenCalledOnce()
  })

  it('says why it heard nothing', () => {
    Reflect.set(window, 'SpeechRecognition', Recognition)
    listen('ru', heard)
    const [ear] = Recognition.made
    ear?.onerror?.({ error: 'not-allowed' })
    ear?.onend?.()
    expect(ear?.lang).toBe('ru-RU')
    expect(heard.onEnd.mock.calls).toEqual([['not-allowed']])
  })
})
