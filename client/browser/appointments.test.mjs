/** Appointments in a browser: the demo's calendar, one booked by hand and cancelled, and the week of times. */
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
    test(`somebody is booked by hand and cancelled, in ${language} at ${width} pixels`, async () => {
      const { context, page, said } = await open(browser, language, { width, height: 860 })
      await logIn(page, 'dana')
      await page.goto(`${BASE_URL}/appointments`)
      const rows = page.locator('li[data-testid^="appointment-"]')
      await rows.first().waitFor()
      await assertClean(page, { part: '[role=dialog]' })
      await picture(page, `appointments-${language}-${width}`)

      const before = await rows.count()
      await page.getByTestId('appointment-create').click()
      // Saturday or late at night there is no free time today; in a week's time there always is one.
      const day = new Date(Date.now() + 3 * 86_400_000)
      if (day.getDay() === 6) day.setDate(day.getDate() + 1)
      await page.getByTestId('appointment-date').fill(day.toLocaleDateString('sv-SE'))
      await page.getByTestId('appointment-save').waitFor()
      await page.locator('[data-testid^="free-"]').last().click()
      await page.getByTestId('appointment-name').fill('אבי כהן')
      await assertClean(page, { part: '[role=dialog]' })
      await picture(page, `appointment-form-${language}-${width}`)
      await page.getByTestId('appointment-save').click()
      await page.getByTestId('receipt').waitFor()
      await rows.nth(before).waitFor()
      await assertClean(page, { part: '[role=dialog]' })

      // The same time once more is refused, and says by whom.
      await page.getByTestId('appointment-create').click()
      await page.getByTestId('appointment-date').fill(day.toLocaleDateString('sv-SE'))
      const mine = rows.filter({ hasText: 'אבי כהן' }).last()
      const clock = /\d\d:\d\d/.exec(await mine.innerText())[0]
      await page.getByTestId('appointment-time').fill(clock)
      await page.getByTestId('appointment-name').fill('מישהו')
      await page.getByTestId('appointment-save').click()
      await page.getByRole('alert').waitFor()
      await assertClean(page, { part: '[role=dialog]' })
      await page.keyboard.press('Escape')

      await mine.getByRole('button').click()
      await page.getByTestId('confirm').waitFor()
      await assertClean(page, { part: '[role=dialog]' })
      await page.getByTestId('confirm').click()
      await page.getByTestId('receipt').waitFor()
      await mine.getByRole('button').waitFor({ state: 'detached' })
      assert.deepEqual(
        said.filter((line) => !line.includes('status of 409')),
        [],
      )
      await context.close()
    })

    test(`the week is edited with the keyboard, in ${language} at ${width} pixels`, async () => {
      const { context, page, said } = await open(browser, language, { width, height: 860 })
      await logIn(page, 'dana')
      await page.goto(`${BASE_URL}/appointments`)
      await page.getByRole('tab').first().focus()
      await page.keyboard.press(language === 'he' ? 'ArrowLeft' : 'ArrowRight')
      await page.getByTestId('add-6').waitFor()
      const shown = await page.locator('[data-testid^="opens-6-"]').count()
      await page.getByTestId('add-6').focus()
      await page.keyboard.press('Enter')
      await page.getByTestId(`closes-6-${shown}`).fill('22:00')
      await assertClean(page, { part: '[role=dialog]' })
      await page.getByTestId('availability-save').focus()
      await page.keyboard.press('Enter')
      await page.getByTestId('receipt').waitFor()
      await assertClean(page, { part: '[role=dialog]' })
      await picture(page, `availability-end-${language}-${width}`)
      await page.reload()
      await page.getByTestId(`opens-6-${shown}`).waitFor()
      await picture(page, `availability-${language}-${width}`)
      await page.getByTestId(`remove-6-${shown}`).click()
      await page.getByTestId('availability-save').click()
      await page.getByTestId('receipt').waitFor()
      assert.deepEqual(said, [])
      await context.close()
    })
  }
}
