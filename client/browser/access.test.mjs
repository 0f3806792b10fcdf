/** What axe-core finds on each page, in both languages, in the light and in the dark. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertFits, faultsOf } from './faults.mjs'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

const WEIGHTY = ['serious', 'critical']
const SMALL = { width: 390, height: 844 }

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

/** The serious faults of what is on the screen now, each with the element it was found on. */
async function weightyFaultsOf(page) {
  await page.waitForLoadState('networkidle')
  const faults = await faultsOf(page)
  return faults
    .filter(({ impact }) => WEIGHTY.includes(impact))
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))
}

for (const [language, scheme] of [
  ['he', 'light'],
  ['en', 'light'],
  ['he', 'dark'],
]) {
  const check = async (page, name) => {
    assert.deepEqual(await weightyFaultsOf(page), [], `${name} in ${language}, ${scheme}`)
    await picture(page, `access-${name}-${language}-${scheme}`)
  }
  const arrive = async (name, size) => {
    const opened = await open(browser, language, size)
    await opened.context.addInitScript((chosen) => {
      localStorage.setItem('mantine-color-scheme-value', chosen)
    }, scheme)
    if (name !== null) await logIn(opened.page, name)
    return opened
  }

  test(`the pages of a business, in ${language}, ${scheme}`, async () => {
    const { context, page } = await arrive(null)
    await page.goto(`${BASE_URL}/login`)
    await page.getByTestId('login-submit').click()
    await check(page, 'login')
    await logIn(page, 'noga')
    const paths = [
      '',
      'prompts',
      'leads',
      'appointments',
      'hours',
      'appointments?tab=times',
      'conversations',
      'simulator',
      'whatsapp',
      'notifications',
      'audit',
    ]
    for (const path of [...paths, 'account/sessions', 'unknown']) {
      await page.goto(`${BASE_URL}/${path}`)
      await page.getByTestId('user-menu').waitFor()
      await check(page, path.replace(/\W/g, '-') || 'home')
    }
    await page.goto(`${BASE_URL}/leads`)
    await page.getByTestId('lead-create').click()
    await page.getByTestId('lead-save').click()
    await check(page, 'lead-form')
    await context.close()
  })

  test(`the businesses and the banner, in ${language}, ${scheme}`, async () => {
    const { context, page } = await arrive('admin')
    await page.goto(`${BASE_URL}/admin/businesses`)
    await page.getByTestId('business-create').waitFor()
    await check(page, 'businesses')
    await page.getByTestId('business-create').click()
    await page.getByTestId('business-name').waitFor()
    await check(page, 'business-form')
    await page.keyboard.press('Escape')
    await page.getByTestId('business-enter-2').click()
    await page.getByTestId('impersonate-confirm').waitFor()
    await check(page, 'enter')
    await page.getByTestId('impersonate-confirm').click()
    await page.getByTestId('impersonation-banner').waitFor()
    await check(page, 'inside')
    await page.getByTestId('impersonation-stop').click()
    await page.getByTestId('business-create').waitFor()
    await context.close()
  })

  // Colours do not depend on the width, so the dark is looked at on the wide screen alone.
  if (scheme === 'dark') continue
  test(`a conversation on a telephone, in ${language}`, async () => {
    const { context, page } = await arrive('dana', SMALL)
    await page.goto(`${BASE_URL}/simulator`)
    await page.getByTestId('simulator-text').fill('שלום')
    await page.getByTestId('simulator-send').click()
    await page.getByTestId('simulator-reply').first().waitFor()
    await check(page, 'simulator-small')
    await page.goto(`${BASE_URL}/conversations`)
    await page.locator('[data-testid^="conversation-"]').first().click()
    await page.getByTestId('message-outbound').first().waitFor()
    await check(page, 'conversation-small')
    for (const path of ['', 'prompts', 'leads', 'audit']) {
      await page.goto(`${BASE_URL}/${path}`)
      await page.getByTestId('user-menu').waitFor()
      await page.waitForLoadState('networkidle')
      await assertFits(page, `${path} is wider than the telephone`)
      await picture(page, `access-${path || 'home'}-small-${language}-${scheme}`)
    }
    await context.close()
  })
}
