/** The phone in a browser: a call that is simulated, over both engines, its page, and how calls are answered. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertClean } from './faults.mjs'
import { BASE_URL, launch, logIn, open, still } from './stage.mjs'

const WORDS = {
  he: { greeting: 'שלום, הגעתם אל', need: 'המזגן שלי לא מקרר', name: 'קוראים לי רותי' },
  en: { greeting: 'שלום, הגעתם אל', need: 'המזגן שלי לא מקרר', name: 'קוראים לי רותי' },
}
let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

async function dial(page, engine) {
  await page.goto(`${BASE_URL}/simulator`)
  await page.getByTestId('simulator-call').click()
  await page.getByTestId('call-engine').selectOption(engine)
  await page.getByTestId('call-dial').click()
  await page.getByTestId('call-says').first().waitFor()
}

async function say(page, words, count) {
  const field = page.getByTestId('call-words')
  await field.fill(words)
  await page.getByTestId('call-say').click()
  await page.getByTestId('call-says').nth(count).waitFor()
  await page.waitForFunction(
    () => document.querySelector('[data-testid="call-words"]')?.value === '',
  )
}

for (const language of ['he', 'en']) {
  for (const width of [1280, 390]) {
    const size = { width, height: 860 }
    test(`a business is called over HTTP, in ${language} at ${width} pixels`, async () => {
      const words = WORDS[language]
      const { context, page, said } = await open(browser, language, size)
      await logIn(page, 'dana')
      await dial(page, 'gather')
      assert.match(
        await page.getByTestId('call-says').first().innerText(),
        new RegExp(words.greeting),
      )
      await say(page, words.need, 1)
      assert.match(await page.getByTestId('call-took').nth(1).innerText(), /\d/)
      await page.getByTestId('call-keypad').click()
      await page.getByTestId('call-keys-field').fill('12')
      await page.getByTestId('call-keys-send').click()
      await page.getByTestId('call-says').nth(2).waitFor()
      await page.getByTestId('call-keypad').click()
      await page.getByTestId('call-be-silent').click()
      await page.getByTestId('call-says').nth(3).waitFor()
      await assertClean(page, { goesOn: true })
      await still(page, `call-gather-${language}-${width}`)
      await page.getByTestId('call-hang-up').click()
      await page.getByTestId('call-details').waitFor()
      await assertClean(page, { goesOn: true })
      await page.getByTestId('call-details').click()
      await page.getByTestId('turn-2').waitFor()
      assert.match(await page.getByTestId('turn-1').innerText(), new RegExp(words.need))
      await assertClean(page, { goesOn: true })
      await still(page, `call-page-${language}-${width}`)
      await page.goto(`${BASE_URL}/calls`)
      await page.getByTestId('outcome').first().waitFor()
      await assertClean(page, { goesOn: true })
      await still(page, `calls-${language}-${width}`)
      assert.deepEqual(said, [])
      await context.close()
    })

    test(`a business is called over a socket, in ${language} at ${width} pixels`, async () => {
      const words = WORDS[language]
      const { context, page, said } = await open(browser, language, size)
      await logIn(page, 'dana')
      await dial(page, 'relay')
      await page.getByTestId('call-interrupt-now').click()
      await page.getByTestId('call-interrupt').waitFor()
      await say(page, words.need, 1)
      await page.getByTestId('call-interrupt-now').click()
      await page.getByTestId('call-interrupt').nth(1).waitFor()
      await say(page, words.name, 2)
      await assertClean(page, { goesOn: true })
      await still(page, `call-relay-${language}-${width}`)
      await page.getByTestId('call-hang-up').click()
      await page.getByTestId('call-again').waitFor()
      assert.deepEqual(said, [])
      await context.close()
    })

    test(`how calls are answered is chosen, in ${language} at ${width} pixels`, async () => {
      const { context, page, said } = await open(browser, language, size)
      await logIn(page, 'dana')
      await page.goto(`${BASE_URL}/phone`)
      const relay = page.getByTestId('engine-relay')
      await relay.waitFor()
      await page.getByTestId('phone-check').click()
      await page.getByRole('alert').first().waitFor()
      await page.getByTestId('check-sockets').click()
      const result = page.getByTestId('sockets-result')
      await result.waitFor()
      assert.match(await result.innerText(), /wss/)
      await page.locator('label').filter({ hasText: 'ConversationRelay' }).click()
      assert.ok(await relay.isChecked())
      await page.getByTestId('phone-save').click()
      await page.locator('form').getByRole('alert').filter({ hasText: 'wss' }).first().waitFor()
      // What calls are answered by is what it was.
      await assertClean(page, { goesOn: true })
      await still(page, `phone-${language}-${width}`)
      await page.reload()
      await page.getByTestId('engine-gather').waitFor()
      assert.ok(await page.getByTestId('engine-gather').isChecked())
      const isCut = await page
        .getByTestId('address-fallback')
        .evaluate((code) => code.scrollWidth > code.clientWidth)
      assert.equal(isCut, false)
      const greeting = page.getByTestId('phone-greeting')
      const bidi = await greeting.evaluate((field) => getComputedStyle(field).unicodeBidi)
      assert.equal(bidi, 'plaintext')
      assert.deepEqual(
        said.filter((line) => !line.includes('409')),
        [],
      )
      await context.close()
    })
  }
}
