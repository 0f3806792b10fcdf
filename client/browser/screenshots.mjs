/**
 * Makes the pictures of the documentation, from the demo as a newcomer finds it: what the guides show,
 * in the language of the guide.
 */
import { BASE_URL, launch, logIn, open, picture, still } from './stage.mjs'

const WIDE = { width: 1340, height: 760 }
const browser = await launch()

/** Two customers write, one of them to the end, and a third one calls: pages with something on them. */
async function talk(page) {
  const talks = [
    ['052-222-3333', ['היי, אפשר תור?', 'רותי לוי', 'צבע ותספורת ביום חמישי']],
    ['054-222-4444', ['שלום, אתם פתוחים היום?']],
  ]
  for (const [phone, said] of talks) {
    await page.goto(`${BASE_URL}/simulator`)
    await page.getByTestId('simulator-from').fill(phone)
    const replies = page.getByTestId('simulator-reply')
    for (const [index, words] of said.entries()) {
      await page.getByTestId('simulator-text').fill(words)
      await page.getByTestId('simulator-send').click()
      await replies.nth(index).waitFor()
    }
    if (said.length > 1) await picture(page, 'simulator-he')
  }
}

async function call(page) {
  await page.goto(`${BASE_URL}/simulator`)
  await page.getByTestId('simulator-call').click()
  await page.getByTestId('call-dial').click()
  const answers = page.getByTestId('call-says')
  await answers.first().waitFor()
  for (const [index, words] of ['אני רוצה להזיז תור', 'קוראים לי אבי'].entries()) {
    await page.getByTestId('call-words').fill(words)
    await page.getByTestId('call-say').click()
    await answers.nth(index + 1).waitFor()
  }
  await still(page, 'call-he')
  await page.getByTestId('call-hang-up').click()
  await page.getByTestId('call-details').click()
  await page.getByTestId('summary').waitFor({ timeout: 60_000 })
  await picture(page, 'call-page-he')
}

const owner = await open(browser, 'he', WIDE)
await logIn(owner.page, 'dana')
await talk(owner.page)
await call(owner.page)
await owner.page.goto(`${BASE_URL}/conversations`)
await owner.page.getByRole('link', { name: /רותי לוי/ }).click()
await owner.page.getByTestId('conversation-lead').waitFor()
await picture(owner.page, 'conversations-he')
for (const name of ['prompts', 'leads']) {
  await owner.page.goto(`${BASE_URL}/${name}`)
  await owner.page.getByTestId('user-menu').waitFor()
  await picture(owner.page, `${name}-he`)
}
await owner.context.close()

const english = await open(browser, 'en', WIDE)
await logIn(english.page, 'dana')
await english.page.goto(`${BASE_URL}/phone`)
await english.page.getByTestId('user-menu').waitFor()
await picture(english.page, 'phone-en')
await english.context.close()

const agency = await open(browser, 'en', WIDE)
await logIn(agency.page, 'admin')
await agency.page.goto(`${BASE_URL}/admin/businesses`)
await agency.page.getByTestId('business-enter-2').click()
await agency.page.getByTestId('impersonation-reason').fill('New prices')
await agency.page.getByTestId('impersonate-confirm').click()
await agency.page.getByTestId('impersonation-banner').waitFor()
await agency.page.goto(`${BASE_URL}/prompts`)
await picture(agency.page, 'impersonation-en')
await agency.context.close()
await browser.close()
