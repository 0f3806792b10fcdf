/** Languages of the screen. The only place that sets the page's `lang` and `dir`. */
import i18next, { type TOptions } from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import type he from './he.json'

export const LANGUAGES = ['he', 'en'] as const
export type Language = (typeof LANGUAGES)[number]
export type Direction = 'rtl' | 'ltr'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof he }
  }
}

const STORAGE_KEY = 'maane.language'
const DIRECTIONS: Record<Language, Direction> = { he: 'rtl', en: 'ltr' }

/** Each language is a file of its own, so that a page loads the one it shows. */
const loaders: Record<Language, () => Promise<{ default: unknown }>> = {
  he: () => import('./he.json'),
  en: () => import('./en.json'),
}

function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((language) => language === value)
}

function storedLanguage(): Language {
  try {
    const stored = localStorage.getItem(STORAGE_KEY)
    return isLanguage(stored) ? stored : 'he'
  } catch {
    // A browser that forbids storage still gets a page.
    return 'he'
  }
}

export function directionOf(language: string): Direction {
  return isLanguage(language) ? DIRECTIONS[language] : 'rtl'
}

function applyToPage(language: Language): void {
  document.documentElement.lang = language
  document.documentElement.dir = DIRECTIONS[language]
  document.title = i18next.t('app.name')
}

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, 'translation')) return
  const words = await loaders[language]()
  i18next.addResourceBundle(language, 'translation', words.default)
}

/** Shows another language from now on and remembers the choice in this browser. */
export async function switchLanguage(language: Language): Promise<void> {
  await load(language)
  await i18next.changeLanguage(language)
  applyToPage(language)
  try {
    localStorage.setItem(STORAGE_KEY, language)
  } catch {
    // The choice then lasts until the page is closed.
  }
}

export async function startI18n(language: Language = storedLanguage()): Promise<void> {
  if (!i18next.isInitialized) {
    await i18next.use(initReactI18next).init({
      lng: language,
      fallbackLng: false,
      resources: {},
      // React escapes what it renders; escaping twice would show `&#39;` to people.
      interpolation: { escapeValue: false },
      returnNull: false,
    })
  }
  await load(language)
  await i18next.changeLanguage(language)
  applyToPage(language)
}

/** Wraps a name for use inside a sentence, so that its direction does not turn the sentence. */
export function isolate(text: string): string {
  return `\u2068${text}\u2069`
}

/** Translated words, and the language and direction they are in. */
export function useWords() {
  const { t, i18n } = useTranslation()
  const language: Language = isLanguage(i18n.language) ? i18n.language : 'he'
  return { t, language, direction: DIRECTIONS[language] }
}

/** Words for a value that the server may extend; an unknown one is shown as it came. */
export function useWordFor() {
  const { t, i18n } = useTranslation()
  return (group: string, value: string, options?: TOptions): string => {
    const key = `${group}.${value}`
    return i18n.exists(key) ? String(t(key as never, options as never)) : value
  }
}
