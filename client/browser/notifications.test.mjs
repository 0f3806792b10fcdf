/** The bell and the page of who is told, in a browser: a message that intake took rings it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertClean } from './faults.mjs'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

/** Waits until so many notifications are new, which the page's title tells. */
async function waitForNew(page, number) {
  const begins = number === 0 ? 'מענה' : `(${number}) `
  await page.waitForFunction((words) => document.title.startsWith(words), begins, { timeout: 5000 })
}

test('a message that was taken rings the bell, and the bell leads to its conversation', async () => {
  const { context, page, said } = await open(browser, 'he')
  await logIn(page, 'dana')
  await page.goto(`${BASE_URL}/simulator`)
  await page.getByTestId('simulator-from').fill('052-333-9901')
  await page.waitForLoadState('networkidle')
  // Whatever other tests left unread.
  const before = Number(/^\((\d+)\)/.exec(await page.title())?.[1] ?? 0)
  const replies = page.getByTestId('simulator-reply')
  for (const [index, words] of ['שלום', 'רותי לוי', 'צבע ביום חמישי'].entries()) {
    await page.getByTestId('simulator-text').fill(words)
    await page.getByTestId('simulator-send').click()
    await replies.nth(index).waitFor()
  }
  const began = Date.now()
  await waitForNew(page, before + 1)
  assert.ok(Date.now() - began < 3500, 'the bell is late')
  assert.equal(await page.getByTestId('bell-count').innerText(), String(before + 1))
  await page.getByTestId('bell').focus()
  await page.keyboard.press('Enter')
  const item = page.locator('[data-testid^="notification-"]').first()
  await item.waitFor()
  await assertClean(page)
  await picture(page, 'bell-he')
  await page.keyboard.press('Escape')
  await item.waitFor({ state: 'detached' })
  await page.getByTestId('bell').click()
  await item.getByRole('link').click()
  await page.waitForURL(/\/conversations\/\d+$/)
  await waitForNew(page, before)
  assert.deepEqual(said, [])
  await context.close()
})

for (const language of ['he', 'en']) {
  for (const width of [1180, 390]) {
    test(`who is told is saved and tried, in ${language} at ${width} pixels`, async () => {
      const { context, page, said } = await open(browser, language, { width, height: 860 })
      await logIn(page, 'dana')
      await page.goto(`${BASE_URL}/notifications`)
      await page.getByTestId('notify-emails').fill(`dana.${language}.${width}@example.com`)
      await page.getByTestId('notify-phone').fill('050-999-8877')
      await page.getByTestId('notify-save').click()
      await page.getByTestId('receipt').waitFor()
      await page.getByTestId('test-email').click()
      await page.locator('[data-testid=test-email-result], [role=alert]').first().waitFor()
      await assertClean(page)
      await page.evaluate(() => scrollTo(0, 0))
      await picture(page, `notifications-${language}-${width}`)
      await page.getByTestId('bell').click()
      await page.getByRole('dialog').waitFor()
      await assertClean(page)
      await picture(page, `bell-${language}-${width}`)
      // A second test within ten seconds is refused, which Chromium notes in the console.
      assert.deepEqual(
        said.filter((line) => !line.includes('429')),
        [],
      )
      await context.close()
    })
  }
}
