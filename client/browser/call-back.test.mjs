/**
 * A lead is called back from its page: the rules are set, the number connected, the assistant calls, and
 * what Twilio refuses is said on the call. Real Chromium, real server, Twilio's side a double.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

const SIZES = { he: { width: 390, height: 844 }, en: { width: 1280, height: 860 } }
const WORDS = {
  he: { name: 'אלמוג להתקשרות', reached: 'נלקחה הודעה', refused: 'לא מתיר', phone: '050-234-561' },
  en: {
    name: 'Noa to call',
    reached: 'Message taken',
    refused: 'does not let',
    phone: '050-234-562',
  },
}

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

async function addLead(page, name, phone) {
  await page.goto(`${BASE_URL}/leads`)
  await page.getByTestId('lead-create').click()
  await page.getByTestId('lead-name').fill(name)
  await page.getByTestId('lead-phone').fill(phone)
  const made = page.waitForResponse((answer) => answer.request().method() === 'POST')
  await page.getByTestId('lead-save').click()
  return (await (await made).json()).id
}

async function call(page, id) {
  await page.goto(`${BASE_URL}/leads/${id}`)
  await page.getByTestId('call-back-open').scrollIntoViewIfNeeded()
  await page.getByTestId('call-back-open').click()
  await page.getByTestId('call-now').waitFor()
}

for (const language of ['he', 'en']) {
  const words = WORDS[language]

  test(`a lead is called back, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language, SIZES[language])
    await logIn(page, 'noga')
    const id = await addLead(page, words.name, `${words.phone}5`)

    await page.goto(`${BASE_URL}/phone`)
    await page.getByTestId('phone-state').waitFor()
    await page.getByTestId('phone-account_sid').fill(`AC${'a'.repeat(32)}`)
    await page.getByTestId('phone-number').fill('+97236123456')
    await page.getByTestId('phone-auth_token').fill('0123456789abcdef'.repeat(2))
    const connected = page.waitForResponse((answer) => answer.request().method() === 'PUT')
    await page.getByTestId('phone-connect').click()
    assert.equal((await connected).status(), 200)
    const recorded = page.locator('[data-path="is_recorded"]')
    if (!(await recorded.isChecked())) {
      await recorded.check()
      const saved = page.waitForResponse((answer) => answer.request().method() === 'PUT')
      await page.getByTestId('phone-save').click()
      assert.equal((await saved).status(), 200)
    }
    await page.getByTestId('outgoing-quiet-from').fill('00:00')
    await page.getByTestId('outgoing-quiet-until').fill('00:00')
    const closedDays = page.locator('[data-path="quiet_on_closed_days"]')
    if (await closedDays.isChecked()) await closedDays.uncheck()
    if ((await page.getByTestId('outgoing-name-0').count()) === 0) {
      await page.getByTestId('outgoing-add').click()
    }
    await page.getByTestId('outgoing-name-0').fill('דנה')
    await page.getByTestId('outgoing-number-0').fill('+972522345678')
    const kept = page.waitForResponse((answer) => answer.request().method() === 'PUT')
    await page.getByTestId('outgoing-save').click()
    assert.equal((await kept).status(), 200)
    await page.getByTestId('outgoing-save').scrollIntoViewIfNeeded()
    await picture(page, `outgoing-settings-${language}`)

    await call(page, id)
    await picture(page, `call-back-${language}`)
    await page.getByTestId('call-now').click()
    await page.waitForURL('**/calls/*')
    await page.getByTestId('outgoing-note').waitFor()
    await page.getByTestId('outcome').filter({ hasText: words.reached }).waitFor()
    await page.getByTestId('turn-1').getByText('כן, אפשר לדבר').waitFor()
    await page.getByTestId('recording-audio').waitFor({ timeout: 60_000 })
    await page.getByTestId('recording').scrollIntoViewIfNeeded()
    await picture(page, `called-back-${language}`)
    await page.getByTestId('recording-delete').click()
    await page.getByTestId('confirm').click()
    await page.getByTestId('recording-deleted').waitFor()
    await picture(page, `recording-deleted-${language}`)

    const refused = await addLead(page, words.name, `${words.phone}0`)
    await call(page, refused)
    await page.getByTestId('call-now').click()
    const why = page.getByTestId('outgoing-refused')
    await why.waitFor()
    assert.ok((await why.innerText()).includes(words.refused), await why.innerText())
    assert.ok((await why.innerText()).includes('21215'))
    await picture(page, `call-refused-${language}`)

    await page.goto(`${BASE_URL}/calls`)
    await page.getByTestId('outgoing').first().waitFor()
    await picture(page, `calls-outgoing-${language}`)
    const widest = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(widest <= SIZES[language].width, 'nothing makes the page wider than the screen')
    assert.deepEqual(said, [])
    await context.close()
  })
}
