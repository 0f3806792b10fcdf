/**
 * A person takes a conversation over by writing, sees the message sent, and hands it back; in Hebrew and
 * in English, on a telephone and on a wide screen. The worker that sends is the real one.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

const SMALL = { width: 390, height: 844 }
const WORDS = {
  he: { name: 'נועם', phone: '050-111-4444', answer: 'היי נועם, כאן דנה. מחר ב־10?', and: 'רגע' },
  en: {
    name: 'Noam',
    phone: '050-111-5555',
    answer: 'Hi, Dana here. Tomorrow at 10?',
    and: 'Wait',
  },
}

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

/** The customer writes in the simulator; the page's own session, token and all. */
function writeAsCustomer(page, { name, phone }, text) {
  return page.evaluate(
    async (body) => {
      const token = document.cookie.match(/XSRF-TOKEN=([0-9a-f]+)/)[1]
      const answer = await fetch('/api/business/current/simulator/messages', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
        body: JSON.stringify(body),
      })
      // Read in any case: an answer that is not keeps the network busy.
      const said = await answer.text()
      if (!answer.ok) throw new Error(said)
    },
    { from_phone: phone, name, text },
  )
}

for (const language of ['he', 'en']) {
  const words = WORDS[language]

  test(`take over by writing, see it sent, hand back, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language, SMALL)
    await logIn(page, 'dana')
    await page.goto(`${BASE_URL}/conversations`)
    await page.getByTestId('search').waitFor()
    await writeAsCustomer(page, words, 'שלום, יש תור למחר?')
    const row = page
      .locator('[data-testid^="conversation-"]')
      .filter({ hasText: words.name })
      .filter({ has: page.getByTestId('unread') })
    await row.waitFor({ timeout: 15_000 })
    await picture(page, `inbox-list-small-${language}`)
    await row.click()
    await page.getByTestId('message-inbound').first().waitFor()
    await page.getByTestId('message-outbound').first().waitFor({ timeout: 15_000 })

    await page.getByTestId('write').fill(words.answer)
    const posted = page.waitForResponse((answer) => answer.request().method() === 'POST')
    await page.getByTestId('write').press('Enter')
    assert.equal((await posted).status(), 202)
    const message = page.getByTestId('message-outbound').filter({ hasText: words.answer })
    const sent = language === 'he' ? 'סימולטור' : 'Simulator'
    await message.filter({ hasText: sent }).waitFor({ timeout: 15_000 })
    const bar = page.getByTestId('owner')
    await page.locator('[data-testid="owner"][data-owner="person"]').waitFor()
    assert.match(await bar.innerText(), /דנה[^]*12/)
    await picture(page, `inbox-taken-small-${language}`)

    const count = await page.getByTestId('message-outbound').count()
    await writeAsCustomer(page, words, words.and)
    await page.getByTestId('message-inbound').filter({ hasText: words.and }).waitFor()
    assert.equal(await page.getByTestId('message-outbound').count(), count, 'the assistant spoke')

    await page.getByTestId('hand-back').click()
    await page.locator('[data-testid="owner"][data-owner="assistant"]').waitFor()
    await writeAsCustomer(page, words, '?')
    await page.getByTestId('message-outbound').nth(count).waitFor({ timeout: 15_000 })

    await page.getByTestId('details').click()
    await page.getByTestId('note').fill('לקוח ותיק')
    await page.getByTestId('add-note').click()
    await page.getByText('לקוח ותיק', { exact: true }).waitFor()
    await picture(page, `inbox-details-small-${language}`)
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    assert.equal(overflow, 0, 'the page is wider than the telephone')
    assert.deepEqual(said, [])
    await context.close()
  })

  test(`list, thread and lead side by side, and the keyboard, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language)
    await logIn(page, 'dana')
    await page.goto(`${BASE_URL}/conversations`)
    await page.locator('[data-testid^="conversation-"]').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type(words.phone)
    const rows = page.locator('[data-testid^="conversation-"]')
    while ((await rows.count()) !== 1) await page.waitForTimeout(50)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByTestId('conversation-lead').waitFor()
    const lead = await page.getByTestId('conversation-lead').innerText()
    assert.ok(lead.includes(words.name), lead)
    await picture(page, `inbox-wide-${language}`)
    await page.keyboard.press('Escape')
    await page.waitForURL(`${BASE_URL}/conversations`)
    assert.deepEqual(said, [])
    await context.close()
  })
}
