/**
 * A person beside a conversation, how long conversations are kept, and everything of one person given out
 * and erased; in Hebrew and in English, on a telephone and on a wide screen.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

const WORDS = {
  he: { name: 'דבורה', phone: '050-333-1' },
  en: { name: 'Deborah', phone: '050-444-1' },
}

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

async function post(page, path, body) {
  return page.evaluate(
    async ({ path, body }) => {
      const token = document.cookie.match(/XSRF-TOKEN=([0-9a-f]+)/)[1]
      const answer = await fetch(`/api/business/current/${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
        body: JSON.stringify(body),
      })
      const said = await answer.text()
      if (!answer.ok) throw new Error(said)
      return JSON.parse(said)
    },
    { path, body },
  )
}

async function fits(page) {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  assert.equal(overflow, 0, 'the page is wider than its screen')
}

for (const language of ['he', 'en']) {
  for (const width of [1280, 390]) {
    test(`one person: seen, kept, erased, in ${language} at ${width} pixels`, async () => {
      const { name, phone: beginning } = WORDS[language]
      const phone = `${beginning}${width === 390 ? '001' : '002'}`
      const { context, page, said } = await open(browser, language, { width, height: 860 })
      await logIn(page, 'dana')

      await page.goto(`${BASE_URL}/privacy`)
      await page.getByTestId('keep-days').selectOption('90')
      await page.getByTestId('preview').waitFor()
      await page.getByTestId('keep-save').click()
      await page.getByTestId('receipt').waitFor()
      await fits(page)
      await picture(page, `privacy-${language}-${width}`)
      await page.getByTestId('keep-days').selectOption('null')
      await page.getByTestId('keep-save').click()

      await post(page, 'simulator/messages', { from_phone: phone, name, text: 'שלום' })
      await page.goto(`${BASE_URL}/conversations`)
      const row = page.locator('[data-testid^="conversation-"]').filter({ hasText: name }).first()
      await row.click({ timeout: 15_000 })
      await page.getByTestId('message-outbound').first().waitFor({ timeout: 15_000 })
      if (width === 390) await page.getByTestId('details').click()
      await page.getByTestId('related').waitFor()
      await fits(page)
      await picture(page, `person-beside-${language}-${width}`)
      await page.getByTestId('conversation-lead').getByRole('link').last().click()
      await page.waitForURL(/\/leads\/\d+$/)

      const download = page.waitForEvent('download')
      await page.getByTestId('person-export').click()
      assert.match((await download).suggestedFilename(), /^person-\d+-.*\.zip$/)
      await page.getByTestId('person-erase').click()
      await page.getByTestId('person-gone').waitFor()
      await picture(page, `person-erase-${language}-${width}`)
      await page.getByTestId('person-confirm').fill(name)
      await page.keyboard.press('Enter')
      await page.getByTestId('receipt').waitFor()
      await page.waitForURL(/\/leads$/)
      await page.getByTestId('lead-name').waitFor({ state: 'detached' })
      const lead = page.locator('[data-testid^="lead-"]').filter({ hasText: name })
      await lead.first().waitFor({ state: 'detached' })
      assert.deepEqual(said, [])
      await context.close()
    })
  }
}
