/** A business that is closed: its own text is chosen and previewed, a customer gets it once, and the
    conversation says why the assistant is silent; in both languages, on a phone too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertClean } from './faults.mjs'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

const TEXT = 'תודה שכתבתם! אנחנו סגורים ונפתח {opens}.'
const PHONES = {
  he1180: '0502220001',
  he390: '0502220002',
  en1180: '0502220003',
  en390: '0502220004',
}

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

function call(page, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const token = document.cookie.match(/XSRF-TOKEN=([0-9a-f]+)/)[1]
      const answer = await fetch(path, {
        method,
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
        body: body === null ? undefined : JSON.stringify(body),
      })
      const said = await answer.json()
      if (!answer.ok) throw new Error(JSON.stringify(said))
      return said
    },
    [method, path, body],
  )
}

const ALWAYS = { week: null, holidays: [], eve: 'usual', days: [] }

for (const language of ['he', 'en']) {
  for (const width of [1180, 390]) {
    test(`a closed business answers by its text, in ${language} at ${width} pixels`, async () => {
      const { context, page, said } = await open(browser, language, { width, height: 860 })
      await logIn(page, 'noga')
      await call(page, 'PUT', '/api/business/current/hours', ALWAYS)
      await page.goto(`${BASE_URL}/hours`)
      await page.getByTestId('special-add').click()
      const days = [0, 1].map((more) =>
        new Date(Date.now() + (more * 2 - 1) * 86_400_000).toISOString().slice(0, 10),
      )
      await page.getByTestId('special-first-0').fill(days[0])
      await page.getByTestId('special-last-0').fill(days[1])
      await page.getByTestId('away-choice').selectOption('text')
      await page.getByTestId('hours-save').click()
      assert.equal(await page.getByTestId('away-text').getAttribute('aria-invalid'), 'true')
      await page.getByTestId('away-text').fill(TEXT)
      await page.getByTestId('hours-save').click()
      const preview = page.getByTestId('away-preview')
      await preview.filter({ hasText: '00:00' }).waitFor()
      const seen = await preview.innerText()
      assert.ok(seen.startsWith('תודה שכתבתם! אנחנו סגורים ונפתח ביום'), seen)
      assert.equal(await preview.evaluate((at) => getComputedStyle(at).direction), 'rtl')
      await assertClean(page)
      await preview.scrollIntoViewIfNeeded()
      await picture(page, `away-hours-${language}-${width}`)

      const phone = PHONES[`${language}${width}`]
      for (const text of ['שלום', 'יש מישהו?']) {
        const path = '/api/business/current/simulator/messages'
        await call(page, 'POST', path, {
          from_phone: phone,
          text,
          name: `לילי ${language} ${width}`,
        })
      }
      await page.goto(`${BASE_URL}/conversations`)
      await page
        .locator('[data-testid^="conversation-"]')
        .filter({ hasText: `לילי ${language} ${width}` })
        .first()
        .click({ timeout: 15_000 })
      const answers = page.getByTestId('message-outbound')
      await answers.filter({ hasText: seen }).waitFor({ timeout: 15_000 })
      await page.getByTestId('silence').filter({ hasText: ':00' }).waitFor({ timeout: 15_000 })
      await page.getByText('יש מישהו?').last().waitFor()
      assert.equal(await answers.count(), 1)
      await assertClean(page)
      await picture(page, `away-conversation-${language}-${width}`)
      await page.getByTestId('hand-back').click()
      await page.locator('[data-testid="owner"][data-owner="assistant"]').waitFor()
      await call(page, 'PUT', '/api/business/current/hours', ALWAYS)
      assert.deepEqual(said, [])
      await context.close()
    })
  }
}
