/** What the caller hears, and how much of it by now: spoken by the browser where it has a voice for the
 * language, else only reckoned, as Maane reckons it. */
const CHARACTERS_PER_S = 14

interface Piece {
  text: string
  /** When it begins to be spoken, and how many of its characters were, in ms and by the voice's word. */
  from: number
  reached: number
  isDone: boolean
}

export function voiceFor(language: string): SpeechSynthesisVoice | null {
  if (!('speechSynthesis' in window)) return null
  // Hebrew's older code is iw.
  const codes = language === 'he' ? ['he', 'iw'] : [language]
  const voices = speechSynthesis.getVoices()
  return voices.find((voice) => codes.includes(voice.lang.slice(0, 2).toLowerCase())) ?? null
}

export class Mouth {
  private pieces: Piece[] = []
  private until = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly onChange: (isSpeaking: boolean) => void,
    private readonly clock: () => number = Date.now,
  ) {}

  /** Speaks after what is being spoken; without a voice it only takes its time. */
  say(text: string, voice: SpeechSynthesisVoice | null): void {
    const now = this.clock()
    if (!this.isSpeaking()) this.pieces = []
    const piece: Piece = { text, from: Math.max(now, this.until), reached: 0, isDone: false }
    this.pieces.push(piece)
    this.until = piece.from + (text.length / CHARACTERS_PER_S) * 1000
    this.onChange(true)
    if (voice === null) this.endLater()
    else this.speak(piece, voice)
  }

  /** Falls silent; what was heard of this turn's words. */
  hush(): string {
    const heard = this.heard()
    this.pieces = []
    this.until = 0
    clearTimeout(this.timer)
    if ('speechSynthesis' in window) speechSynthesis.cancel()
    this.onChange(false)
    return heard
  }

  isSpeaking(): boolean {
    const isVoiced = this.pieces.some((piece) => piece.reached > 0 && !piece.isDone)
    return isVoiced || this.clock() < this.until
  }

  private heard(): string {
    const words = this.pieces.map((piece) => {
      if (piece.isDone) return piece.text
      const reckoned = ((this.clock() - piece.from) / 1000) * CHARACTERS_PER_S
      const reached = Math.floor(Math.max(piece.reached, reckoned))
      if (reached >= piece.text.length) return piece.text
      // Half a word is not heard.
      return piece.text.slice(0, Math.max(0, piece.text.lastIndexOf(' ', Math.max(0, reached))))
    })
    return words.join('').replace(/\s+/g, ' ').trim()
  }

  private speak(piece: Piece, voice: SpeechSynthesisVoice): void {
    const utterance = new SpeechSynthesisUtterance(piece.text)
    utterance.voice = voice
    utterance.lang = voice.lang
    utterance.onboundary = (event) => {
      piece.reached = Math.max(piece.reached, event.charIndex)
    }
    const end = () => {
      piece.isDone = true
      if (this.pieces.every((one) => one.isDone)) {
        this.until = 0
        this.onChange(false)
      }
    }
    utterance.onend = end
    utterance.onerror = end
    speechSynthesis.speak(utterance)
  }

  private endLater(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      for (const piece of this.pieces) piece.isDone = true
      this.onChange(false)
    }, this.until - this.clock())
  }
}
