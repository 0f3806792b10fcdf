/**
 * The 24 hours are over: a late answer says why it was not sent, free text is refused, and a template is
 * chosen, filled in and sent; in Hebrew and in English, on a telephone. Meta is a double on loopback.
 */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

const SMALL = { width: 390, height: 844 }
const NUMBER = '100000000000009'
const ACCOUNT = '200000000000002'
const WORDS = {
  he: { name: 'אלמוג', digits: '972501116666', sent: 'נשלחה', by: 'בתבנית' },
  en: { name: 'Almog', digits: '972501117777', sent: 'sent', by: 'by template' },
}

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

function write(page, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const token = document.cookie.match(/XSRF-TOKEN=([0-9a-f]+)/)[1]
      const answer = await fetch(path, {
        method,
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
        body: JSON.stringify(body),
      })
      const said = await answer.text()
      if (!answer.ok) throw new Error(said)
    },
    [method, path, body],
  )
}

/** Meta delivers what a customer wrote 25 hours ago, with the signature of the app's secret. */
async function deliverLate({ name, digits }) {
  const message = {
    from: digits,
    id: `wamid.late.${digits}`,
    timestamp: String(Math.floor(Date.now() / 1000) - 25 * 3600),
    type: 'text',
    text: { body: 'היי, יש תור?' },
  }
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '97236123456', phone_number_id: NUMBER },
    contacts: [{ profile: { name }, wa_id: digits }],
    messages: [message],
  }
  const raw = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: ACCOUNT, changes: [{ field: 'messages', value }] }],
  })
  const secret = process.env.MAANE_WHATSAPP_APP_SECRET
  const signature = createHmac('sha256', secret).update(raw).digest('hex')
  const answer = await fetch(`${BASE_URL}/webhook/whatsapp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
    body: raw,
  })
  assert.equal(answer.status, 200)
}

for (const language of ['he', 'en']) {
  const words = WORDS[language]

  test(`a closed window, a template, sent, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language, SMALL)
    await logIn(page, 'dana')
    await write(page, 'PUT', '/api/business/current/whatsapp/connection/meta', {
      phone_number_id: NUMBER,
      access_token: 'EAAG-browser',
    })
    await page.goto(`${BASE_URL}/whatsapp`)
    const rows = page.getByTestId('template-row')
    await page.getByTestId('waba-id').or(rows.first()).first().waitFor()
    if (await page.getByTestId('waba-id').isVisible()) {
      await page.getByTestId('waba-id').fill(ACCOUNT)
      await page.getByTestId('waba-save').click()
    }
    await rows.nth(2).waitFor()
    await page.getByTestId('templates-sync').click()
    await rows.first().scrollIntoViewIfNeeded()
    await picture(page, `templates-small-${language}`)

    await deliverLate(words)
    await page.goto(`${BASE_URL}/conversations`)
    await page
      .locator('[data-testid^="conversation-"]')
      .filter({ hasText: words.name })
      .click({ timeout: 15_000 })
    const late = page.locator('[data-testid="message-outbound"][data-failed="true"]')
    await late.filter({ hasText: '24' }).waitFor({ timeout: 15_000 })
    await page.getByTestId('window-closed').waitFor()
    assert.equal(await page.getByTestId('write').count(), 0)

    await page.getByTestId('template').waitFor()
    const offered = page.getByTestId('template').locator('option')
    assert.equal(await offered.count(), 2, 'only what can be sent is offered')
    await page.getByTestId('template').selectOption({ label: 'visit_reminder · he' })
    await page.getByTestId('send-template').click()
    assert.equal(await page.locator('[aria-invalid="true"]').count(), 2)
    await page.getByTestId('value-body.1').fill('אלמוג')
    await page.getByTestId('value-body.2').fill('יום שני ב־10:00')
    const preview = page.getByTestId('template-preview')
    const seen = 'היי אלמוג, התור שלך ביום שני ב־10:00. נתראה!'
    assert.ok((await preview.innerText()).includes(seen))
    assert.equal(
      await preview.getByText(seen).evaluate((at) => getComputedStyle(at).direction),
      'rtl',
    )
    await picture(page, `template-small-${language}`)
    await page.getByTestId('value-body.2').press('Enter')
    const message = page.getByTestId('message-outbound').filter({ hasText: seen })
    await message
      .filter({ hasText: words.sent })
      .filter({ hasText: words.by })
      .waitFor({ timeout: 15_000 })
    await page.locator('[data-testid="owner"][data-owner="person"]').waitFor()
    await picture(page, `template-sent-small-${language}`)
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    assert.equal(overflow, 0, 'the page is wider than the telephone')
    assert.deepEqual(said, [])
    await context.close()
  })
}
