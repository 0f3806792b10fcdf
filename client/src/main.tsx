import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './app/styles'
import { App } from './app/app'
import { bootstrapCsrf } from './http'
import { startI18n } from './i18n'

async function start(): Promise<void> {
  // Its failure is not the end: the first write then says which part of CSRF was missing.
  void bootstrapCsrf().catch(() => undefined)
  await startI18n()
  const root = document.getElementById('root')
  if (root === null) throw new Error('index.html has no #root.')
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}

void start()
