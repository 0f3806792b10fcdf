import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Mouth, voiceFor } from './mouth'

describe('what a caller hears', () => {
  let at = 0
  let changes: boolean[] = []
  const mouth = () =>
    new Mouth(
      (isSpeaking) => changes.push(isSpeaking),
      () => at,
    )

  beforeEach(() => {
    vi.useFakeTimers()
    at = 1000
    changes = []
    return () => vi.useRealTimers()
  })

  it('takes its time where there is no voice', () => {
    const ours = mouth()
    ours.say('x'.repeat(28), null)
    expect(ours.isSpeaking()).toBe(true)
    at += 1999
    expect(ours.isSpeaking()).toBe(true)
    at += 2
    expect(ours.isSpeaking()).toBe(false)
    vi.advanceTimersByTime(2001)
    expect(changes).toEqual([true, false])
  })

  it('is heard in whole words until it is hushed', () => {
    const ours = mouth()
    ours.say('אנחנו פתוחים ', null)
    ours.say('כל יום מתשע עד חמש', null)
    at += 1300
    expect(ours.hush()).toBe('אנחנו פתוחים כל')
    expect(ours.isSpeaking()).toBe(false)
    expect(ours.hush()).toBe('')
  })

  it('forgets what was said before, when something new begins', () => {
    const ours = mouth()
    ours.say('קודם', null)
    at += 5000
    ours.say('עכשיו מדברים על משהו', null)
    at += 600
    expect(ours.hush()).toBe('עכשיו')
  })

  it('has no voice where the browser has none', () => {
    expect(voiceFor('he')).toBeNull()
  })
})
