/**
 * The walk of a working day, in Hebrew and in English: log in, save prompts, create a business and a
 * lead, enter a business, stop, simulate a customer. Real Chromium, real server, real cookies.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

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
    await picture(page, `leads-${language}`)

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
    await picture(page, `audit-${language}`)
    await page.goto(`${BASE_URL}/prompts`)
    await page.getByTestId('prompt-whatsapp').fill('נכתב בזמן התחזות')
    await page.getByTestId('prompt-save').click()
    await page.getByTestId('prompt-receipt').waitFor()
    await picture(page, `impersonation-${language}`)
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
    assert.deepEqual(said, [])
    await context.close()
  })
}

test('the language and its direction switch on the spot and stay', async () => {
  const { context, page } = await open(browser, 'he')
  await context.addInitScript(() => undefined)
  await page.goto(`${BASE_URL}/login`)
  const direction = () => page.evaluate(() => document.documentElement.dir)
  assert.equal(await direction(), 'rtl')
  await page.getByTestId('language-switch').click()
  await page.waitForFunction(() => document.documentElement.dir === 'ltr')
  await context.close()
})

test('leaving with unsaved words asks first, and the draft survives a reload', async () => {
  const { context, page } = await open(browser, 'he')
  await logIn(page, 'noga')
  await page.goto(`${BASE_URL}/prompts`)
  await page.getByTestId('prompt-calls').fill('טיוטה שלא נשמרה')
  page.on('dialog', (dialog) => dialog.accept())
  await page.reload()
  await page.getByTestId('draft-restored').waitFor()
  assert.equal(await page.getByTestId('prompt-calls').inputValue(), 'טיוטה שלא נשמרה')
  await context.close()
})

async function cookieOf(context, name) {
  return (await context.cookies()).find((cookie) => cookie.name === name)?.value
}
