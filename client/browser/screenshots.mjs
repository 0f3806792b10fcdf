/** Makes the pictures of the documentation, from the demo as a newcomer finds it. */
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

const browser = await launch()
for (const language of ['he', 'en']) {
  const { context, page } = await open(browser, language, { width: 1180, height: 720 })
  await logIn(page, 'dana')
  for (const name of ['prompts', 'leads']) {
    await page.goto(`${BASE_URL}/${name}`)
    await page.getByTestId('user-menu').waitFor()
    await picture(page, `${name}-${language}`)
  }
  await context.close()

  const small = await open(browser, language, { width: 390, height: 760 })
  await logIn(small.page, 'dana')
  await small.page.goto(`${BASE_URL}/simulator`)
  await small.page
    .getByTestId('simulator-from')
    .fill(language === 'he' ? '052-222-3333' : '052-222-4444')
  const replies = small.page.getByTestId('simulator-reply')
  for (const [index, words] of ['היי, אפשר תור?', 'רותי לוי', 'צבע ותספורת ביום חמישי'].entries()) {
    await small.page.getByTestId('simulator-text').fill(words)
    await small.page.getByTestId('simulator-send').click()
    await replies.nth(index).waitFor()
  }
  await picture(small.page, `simulator-${language}`)
  await small.context.close()

  const agency = await open(browser, language, { width: 1180, height: 720 })
  await logIn(agency.page, 'admin')
  await agency.page.goto(`${BASE_URL}/admin/businesses`)
  await agency.page.getByTestId('business-enter-2').click()
  await agency.page.getByTestId('impersonation-reason').fill('עדכון מחירים')
  await agency.page.getByTestId('impersonate-confirm').click()
  await agency.page.getByTestId('impersonation-banner').waitFor()
  await agency.page.goto(`${BASE_URL}/prompts`)
  await picture(agency.page, `impersonation-${language}`)
  await agency.page.getByTestId('impersonation-stop').click()
  await agency.page.getByTestId('impersonation-banner').waitFor({ state: 'detached' })
  await agency.context.close()
}
await browser.close()
