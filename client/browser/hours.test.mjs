/** Hours and holidays in a browser: chosen, saved and listed, in both languages and on a phone. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertClean } from './faults.mjs'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

for (const language of ['he', 'en']) {
  for (const width of [1180, 390]) {
    test(`hours are set, in ${language} at ${width} pixels`, async () => {
      const { context, page, said } = await open(browser, language, { width, height: 860 })
      await logIn(page, 'dana')
      await page.goto(`${BASE_URL}/hours`)
      const always = page.getByTestId('hours-always')
      await page.getByTestId('hours-save').waitFor()
      if (await always.isChecked()) await page.getByText(/פתוח תמיד|Always open/).click()
      const mark = page.getByTestId('hours-mark')
      if (await mark.isVisible()) await mark.click()
      await page.getByTestId('hours-eve').selectOption('until')
      await page.getByTestId('hours-eve-closes').fill('12:30')
      const isNew = !(await page.getByTestId('special-first-0').isVisible())
      if (isNew) await page.getByTestId('special-add').click()
      const day = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10)
      await page.getByTestId('special-first-0').fill(day)
      await page.getByTestId('special-last-0').fill(day)
      await page.getByTestId('special-name-0').fill(`טיול ${language} ${width}`)
      await page.getByTestId('hours-save').click()
      await page.getByText(`טיול ${language} ${width}`).waitFor()
      assert.ok((await page.getByTestId('hours-ahead').locator('li').count()) > 10)
      await assertClean(page)
      await picture(page, `hours-${language}-${width}`)
      await page.goto(`${BASE_URL}/whatsapp`)
      await page.getByTestId('opt-out-words').waitFor()
      await assertClean(page)
      await picture(page, `opt-out-${language}-${width}`)
      assert.deepEqual(said, [])
      await context.close()
    })
  }
}
