/**
 * The walk of a working day, in Hebrew and in English: log in, save prompts, create a business and a
 * lead, enter a business, stop, simulate a customer. Real Chromium, real server, real cookies.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, people, picture } from './stage.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

for (const language of ['he', 'en']) {
  test(`an admin's day, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language)
    await page.goto(`${BASE_URL}/login`)
    await page.getByTestId('login-email').waitFor()
    assert.equal(
      await page.evaluate(() => document.documentElement.dir),
      language === 'he' ? 'rtl' : 'ltr',
    )
    assert.equal(await page.evaluate(() => document.documentElement.lang), language)
    await picture(page, `login-${language}`)
    await logIn(page, 'admin')
    await picture(page, `home-${language}`)

    await page.goto(`${BASE_URL}/prompts`)
    const words = `ענו בחום ובקצרה. ${language} ${Date.now()}`
    await page.getByTestId('prompt-whatsapp').fill(words)
    const saved = page.waitForResponse((answer) => answer.request().method() === 'PUT')
    await page.getByTestId('prompt-save').click()
    const answer = await saved
    assert.equal(answer.status(), 200)
    assert.equal((await answer.json()).whatsapp_prompt, words)
    const request = answer.request()
    const headers = await request.allHeaders()
    assert.match(headers['content-type'], /^application\/json/)
    assert.equal(headers['x-csrftoken'], await cookieOf(context, 'XSRF-TOKEN'))
    await page.getByTestId('prompt-receipt').waitFor()
    await picture(page, `prompts-${language}`)
    await page.reload()
    assert.equal(await page.getByTestId('prompt-whatsapp').inputValue(), words)

    await page.goto(`${BASE_URL}/leads`)
    await page.getByTestId('lead-create').click()
    await page.getByTestId('lead-name').fill('רות בן־דוד')
    await page.getByTestId('lead-phone').fill('050-765-4321')
    await page.getByTestId('lead-save').click()
    await page.getByText('רות בן־דוד').first().waitFor()
    const download = page.waitForEvent('download')
    await page.getByTestId('lead-export').click()
    const file = await download
    assert.match(file.suggestedFilename(), /^leads-\d{4}-\d\d-\d\d\.csv$/)
    assert.ok(readFileSync(await file.path(), 'utf8').includes('רות בן־דוד'))
    await picture(page, `leads-${language}`)

    await page.getByTestId('leads-board').click()
    const card = page.locator('[data-testid^="card-"]', { hasText: 'רות בן־דוד' }).first()
    await card.dragTo(page.getByTestId('column-contacted'))
    const contacted = page.getByTestId('column-contacted')
    await contacted.getByText('רות בן־דוד').first().waitFor()
    await contacted.locator('[data-testid^="lead-move-"]').first().press('Enter')
    await page.locator('[data-testid^="move-"][data-testid$="-won"]').press('Enter')
    await page.getByTestId('column-won').getByText('רות בן־דוד').first().waitFor()
    await picture(page, `leads-board-${language}`)
    await page.getByTestId('leads-table').click()

    await page.goto(`${BASE_URL}/admin/businesses`)
    await page.getByTestId('business-create').click()
    const name = language === 'he' ? 'פיצה עמית' : 'Amit Pizza'
    await page.getByTestId('business-name').fill(name)
    const created = page.waitForResponse((answer) => answer.request().method() === 'POST')
    await page.getByTestId('business-save').click()
    const business = await (await created).json()
    assert.equal(business.name, name)
    await page.getByTestId(`business-${business.id}`).waitFor()
    await picture(page, `businesses-${language}`)

    await page.getByTestId(`business-enter-${business.id}`).click()
    await page.getByTestId('impersonation-reason').fill('בדיקה')
    await page.getByTestId('impersonate-confirm').click()
    const banner = page.getByTestId('impersonation-banner')
    await banner.waitFor()
    for (const path of ['/', '/prompts', '/leads', '/conversations', '/simulator', '/audit']) {
      await page.goto(`${BASE_URL}${path}`)
      await banner.waitFor()
      assert.ok((await banner.innerText()).includes(name), path)
      assert.match(await page.getByTestId('impersonation-left').innerText(), /\d\d:\d\d/)
    }
    await page.goto(`${BASE_URL}/prompts`)
    await page.getByTestId('prompt-whatsapp').fill('נכתב בזמן התחזות')
    await page.getByTestId('prompt-save').click()
    await page.getByTestId('prompt-receipt').waitFor()
    await picture(page, `impersonation-${language}`)
    await page.goto(`${BASE_URL}/leads`)
    await page.getByTestId('lead-create').click()
    await page.getByTestId('lead-name').fill('נרשם מבפנים')
    await page.getByTestId('lead-save').click()
    await page.getByText('נרשם מבפנים').first().waitFor()
    await page.goto(`${BASE_URL}/audit`)
    const written = page.locator('[data-testid^="audit-"]').first()
    const who = await written.innerText()
    assert.ok(who.includes(people.admin.email) && who.includes(name), who)
    await picture(page, `audit-${language}`)
    await page.getByTestId('impersonation-stop').click()
    await banner.waitFor({ state: 'detached' })

    await page.getByTestId('user-menu').click()
    await page.getByTestId('sign-out').click()
    await page.getByTestId('login-email').waitFor()
    assert.deepEqual(said, [])
    await context.close()
  })

  test(`an owner tries the assistant in the simulator, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language, { width: 390, height: 844 })
    await logIn(page, 'dana')
    await page.goto(`${BASE_URL}/simulator`)
    await page.getByTestId('simulator-no-model').waitFor()
    await page
      .getByTestId('simulator-from')
      .fill(language === 'he' ? '050-111-2222' : '050-111-3333')
    const replies = page.getByTestId('simulator-reply')
    let count = 0
    for (const words of ['שלום', 'קוראים לי נועם', 'תספורת ביום ראשון']) {
      await page.getByTestId('simulator-text').fill(words)
      await page.getByTestId('simulator-send').click()
      count += 1
      await replies.nth(count - 1).waitFor({ timeout: 15_000 })
    }
    assert.ok((await replies.allInnerTexts()).some((text) => text.includes('נועם')))
    await picture(page, `simulator-${language}`)
    await page.goto(`${BASE_URL}/leads`)
    await page.getByText('נועם').first().waitFor()
    await picture(page, `leads-phone-${language}`)
    await page.getByTestId('leads-board').click()
    await page.getByTestId('column-new').getByText('נועם').first().waitFor()
    await picture(page, `leads-board-phone-${language}`)
    await page.getByTestId('leads-table').click()
    const source = page.locator('[data-testid^="lead-edit-"]').first()
    await source.click()
    await page.locator('[data-testid^="history-"]').first().waitFor()
    await picture(page, `lead-history-${language}`)
    await page.locator('[data-testid^="source-"]').first().click()
    await page.waitForURL(/\/conversations\/\d+/)
    assert.deepEqual(said, [])
    await context.close()
  })
}

test('the page begins in Hebrew; another language and its direction come at once and stay', async () => {
  const { context, page } = await open(browser, null)
  await page.goto(`${BASE_URL}/login`)
  const shown = () =>
    page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])
  await page.getByTestId('login-email').waitFor()
  assert.deepEqual(await shown(), ['he', 'rtl'])
  await page.getByTestId('language-switch').click()
  await page.waitForFunction(() => document.documentElement.dir === 'ltr')
  await page.reload()
  await page.getByTestId('login-email').waitFor()
  assert.deepEqual(await shown(), ['en', 'ltr'])
  await context.close()
})

test('leaving with unsaved words asks first, and the draft survives a reload', async () => {
  const { context, page } = await open(browser, 'he')
  await logIn(page, 'noga')
  await page.goto(`${BASE_URL}/prompts`)
  const words = 'טיוטה שלא נשמרה'
  const editor = page.getByTestId('prompt-calls')
  // A browser asks before closing a page only if somebody really touched it.
  await editor.click()
  await editor.fill(words)

  await page.getByRole('link', { name: 'לידים' }).first().click()
  await page.getByRole('button', { name: 'להישאר כאן' }).click()
  assert.equal(new URL(page.url()).pathname, '/prompts')
  assert.equal(await editor.inputValue(), words)

  const asked = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.type())
    return dialog.accept()
  })
  await page.reload()
  await page.getByTestId('draft-restored').waitFor()
  assert.deepEqual(asked, ['beforeunload'])
  assert.equal(await editor.inputValue(), words)

  await page.getByRole('link', { name: 'לידים' }).first().click()
  await page.getByTestId('confirm').click()
  await page.getByTestId('lead-create').waitFor()
  await page.goto(`${BASE_URL}/prompts`)
  assert.notEqual(await editor.inputValue(), words)
  await context.close()
})

async function cookieOf(context, name) {
  return (await context.cookies()).find((cookie) => cookie.name === name)?.value
}
