/** What was sent beside text, in the reader's language. The server keeps it as words in brackets, which are
 * for a model: `[location] Dizengoff (32.07, 34.77)`, `[document: offer.pdf]`. */
import { useWordFor, useWords } from '../i18n'

const MARK = /^\[([a-z_]+)(?:: ([^\]\n]*))?\](?: (.*))?$/s
const NOTES: Record<string, string> = {
  '[voice note, not transcribed]': 'unheard',
  '[voice note, transcribed]': 'heard',
}

/** Turns the text of a message that came in into words for the screen. */
export function useReadable() {
  const wordFor = useWordFor()
  const { t } = useWords()
  return (text: string): string => {
    for (const [note, name] of Object.entries(NOTES)) {
      if (text.startsWith(note)) {
        return `${wordFor('messageMark', name)} ${text.slice(note.length).trim()}`.trim()
      }
    }
    const [, kind, name, rest] = MARK.exec(text) ?? []
    if (kind === undefined) return text
    const word = wordFor('messageMark', kind)
    // Whoever wrote brackets of their own sees them.
    if (word === kind && rest !== undefined) return text
    const words = word === kind ? t('messageMark.unsupported') : word
    return [words, name, rest].filter(Boolean).join(': ')
  }
}
