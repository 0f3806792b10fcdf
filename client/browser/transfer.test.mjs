/** Whom to ring for a caller, in a browser: named, refused beside the number, saved; on a phone too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertClean } from './faults.mjs'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

async function name(page, index, who, phone, when) {
  await page.getByTestId('transfer-add').click()
  await page.getByTestId(`transfer-name-${index}`).fill(who)
  await page.getByTestId(`transfer-phone-${index}`).fill(phone)
  await page.getByTestId(`transfer-when-${index}`).selectOption(when)
}

for (const language of ['he', 'en']) {
  for (const width of [1180, 390]) {
    test(`people are named whom to ring, in ${language} at ${width} pixels`, async () => {
      const { context, page, said } = await open(browser, language, { width, height: 860 })
      await logIn(page, 'dana')
      await page.goto(`${BASE_URL}/phone`)
      await page.getByTestId('transfer-save').waitFor()
      while (await page.getByTestId('transfer-remove-0').isVisible()) {
        await page.getByTestId('transfer-remove-0').click()
      }
      await name(page, 0, 'דנה', '054-234-5678', 'always')
      await name(page, 1, 'Yossi', '1-900-123-456', 'closed')
      await page.getByTestId('transfer-save').click()
      await page.getByText(/עולה יותר משיחה רגילה|costs more than a call/).waitFor()
      await picture(page, `transfer-refused-${language}-${width}`)
      await page.getByTestId('transfer-phone-1').fill('052-234-5678')
      await page.getByTestId('transfer-earlier-1').click()
      await page.getByTestId('transfer-save').click()
      await page.getByText(/תקף מההעברה הבאה|from the next transfer/).waitFor()
      assert.equal(await page.getByTestId('transfer-name-0').inputValue(), 'Yossi')
      assert.equal(await page.getByTestId('transfer-phone-1').inputValue(), '+972542345678')
      await page.getByTestId('transfer-save').scrollIntoViewIfNeeded()
      await assertClean(page, { part: 'form:has([data-testid=transfer-save])' })
      await picture(page, `transfer-${language}-${width}`)
      // The refusal is the one thing that a browser reports by itself.
      assert.ok(
        said.every((line) => line.includes('422')),
        said.join('\n'),
      )
      await context.close()
    })
  }
}
