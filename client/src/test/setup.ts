import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { startI18n } from '../i18n'
import { server } from './server'

// A busy machine may take longer than a second to show a page; a wait ends as soon as it is there.
configure({ asyncUtilTimeout: 5000 })

// Mantine measures and observes; jsdom has nothing to measure.
window.matchMedia = (query) =>
  ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList
// A text field that grows looks again when fonts have come.
Object.defineProperty(document, 'fonts', { value: new EventTarget(), configurable: true })
window.ResizeObserver = class {
  observe = () => undefined
  unobserve = () => undefined
  disconnect = () => undefined
}

// A browser resolves a relative address against the page; Node's Request refuses it.
const NodeRequest = globalThis.Request
globalThis.Request = class extends NodeRequest {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === 'string' ? new URL(input, window.location.href) : input, init)
  }
}

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await startI18n('he')
})

beforeEach(async () => {
  localStorage.clear()
  sessionStorage.clear()
  document.cookie = 'XSRF-TOKEN=token-of-the-page; path=/'
  await startI18n('he')
})

afterEach(() => {
  cleanup()
  server.resetHandlers()
})

afterAll(() => server.close())
