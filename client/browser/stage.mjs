/**
 * What every browser test needs: Debian's Chromium, the demo's people, and a page that notices errors.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const BASE_URL = process.env.BASE_URL
/** The other site that may frame a preview. */
export const EMBEDDER = process.env.EMBEDDER
const PICTURES = process.env.PICTURES

/** Passwords of the demo's people by the first part of their address. */
export const people = Object.fromEntries(
  readFileSync(process.env.LOGINS, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([email, password]) => [email.split('@')[0], { email, password }]),
)

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-gpu', '--disable-quic'],
  })
}

/**
 * A fresh browser context in one language, and a page that keeps what its console said. The language
 * null leaves the choice to the page.
 */
export async function open(browser, language, size = { width: 1280, height: 860 }) {
  const context = await browser.newContext({ viewport: size, locale: language ?? 'en' })
  if (language !== null) {
    await context.addInitScript((chosen) => {
      localStorage.setItem('maane.language', chosen)
    }, language)
  }
  const page = await context.newPage()
  const said = []
  page.on('console', (message) => {
    // Chromium itself notes each 401; asking who is signed in, before anybody is, is one.
    const isNote = message.text().includes('status of 401')
    if (message.type() === 'error' && !isNote) said.push(message.text())
  })
  page.on('pageerror', (error) => said.push(`page error: ${error.message}`))
  return { context, page, said }
}

export async function logIn(page, name) {
  await page.goto(`${BASE_URL}/login`)
  await page.getByTestId('login-email').fill(people[name].email)
  await page.getByTestId('login-password').fill(people[name].password)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('user-menu').waitFor()
}

export async function picture(page, name) {
  await page.waitForLoadState('networkidle')
  await still(page, name)
}

/** Without waiting for silence on the network: a call that goes on is asked about all the time. */
export async function still(page, name) {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) })
}
