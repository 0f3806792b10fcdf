/** Speech recognition, in the browsers that have it. TypeScript knows only its results. */
interface Recognition {
  lang: string
  interimResults: boolean
  onresult: ((event: { results: SpeechRecognitionResultList }) => void) | null
  onend: (() => void) | null
  onerror: ((event: { error: string }) => void) | null
  start: () => void
  abort: () => void
}

type Recognizer = new () => Recognition

interface WithRecognition {
  SpeechRecognition?: Recognizer
  webkitSpeechRecognition?: Recognizer
}

const LOCALES: Record<string, string> = { he: 'he-IL', en: 'en-US', ar: 'ar-IL', ru: 'ru-RU' }

function recognizer(): Recognizer | undefined {
  const browser = window as unknown as WithRecognition
  return browser.SpeechRecognition ?? browser.webkitSpeechRecognition
}

export function hasEar(): boolean {
  return recognizer() !== undefined
}

interface Heard {
  /** Words that may still change. */
  onPartial: (words: string) => void
  onWords: (words: string) => void
  /** `error` is null where somebody only stopped speaking. */
  onEnd: (error: string | null) => void
}

/** Listens for one sentence; what is returned stops listening. */
export function listen(language: string, heard: Heard): () => void {
  const Recognize = recognizer()
  if (Recognize === undefined) return () => undefined
  const recognition = new Recognize()
  let error: string | null = null
  recognition.lang = LOCALES[language] ?? language
  recognition.interimResults = true
  recognition.onresult = (event) => {
    const result = event.results[event.results.length - 1]
    const words = result?.[0]?.transcript.trim() ?? ''
    if (words === '') return
    if (result?.isFinal === true) heard.onWords(words)
    else heard.onPartial(words)
  }
  recognition.onerror = (event) => {
    error = event.error
  }
  recognition.onend = () => heard.onEnd(error)
  recognition.start()
  return () => recognition.abort()
}
