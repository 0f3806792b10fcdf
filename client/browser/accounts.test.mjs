/** What an agency does now and then: change a business, suspend it, see and end an account's sessions. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, picture } from './stage.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

/** Clicks, and returns what the write that follows was answered with. */
async function write(page, testId) {
  const done = page.waitForResponse((answer) => answer.request().method() !== 'GET')
  await page.getByTestId(testId).click()
  return done
}

for (const language of ['he', 'en']) {
  test(`a business is changed, suspended and opened again, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language)
    await logIn(page, 'admin')
    await page.goto(`${BASE_URL}/admin/businesses`)
    await page.getByTestId('business-create').click()
    await page.getByTestId('business-name').fill(`Before ${language}`)
    const { id } = await (await write(page, 'business-save')).json()

    const menu = async (entry) => {
      await page.getByTestId(`business-more-${id}`).click()
      await page.getByTestId(`business-${entry}-${id}`).click()
    }
    await menu('edit')
    await page.getByTestId('business-name').fill(`After ${language}`)
    const changed = await write(page, 'business-save')
    assert.equal(changed.status(), 200)
    assert.equal((await changed.json()).name, `After ${language}`)
    await page.getByTestId(`business-${id}`).getByText(`After ${language}`).waitFor()

    for (const status of ['suspended', 'active']) {
      await menu('toggle')
      const done = await write(page, 'confirm')
      assert.equal(done.status(), 200)
      assert.equal((await done.json()).status, status)
      const enter = page.getByTestId(`business-enter-${id}`)
      await page.getByTestId('confirm').waitFor({ state: 'detached' })
      await page.waitForFunction(
        ([name, disabled]) =>
          document.querySelector(`[data-testid="${name}"]`)?.disabled === disabled,
        [`business-enter-${id}`, status === 'suspended'],
      )
      assert.equal(await enter.isDisabled(), status === 'suspended')
      await picture(page, `business-${status}-${language}`)
    }
    assert.deepEqual(said, [])
    await context.close()
  })

  test(`an owner sets how long the assistant waits, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language, { width: 390, height: 844 })
    await logIn(page, 'dana')
    await page.goto(`${BASE_URL}/whatsapp`)
    const words = page.getByTestId('pause-words')
    const before = await words.innerText()
    // A component whose styles were forgotten works and has no size.
    assert.ok((await page.getByRole('slider').boundingBox()).height > 8)
    await page.getByRole('slider').focus()
    await page.keyboard.press('ArrowUp')
    assert.notEqual(await words.innerText(), before)
    const saved = await write(page, 'pause-save')
    assert.equal(saved.status(), 200)
    await page.getByTestId('receipt').waitFor()
    await picture(page, `whatsapp-phone-${language}`)
    await page.reload()
    await words.waitFor()
    assert.notEqual(await words.innerText(), before)
    assert.deepEqual(said, [])
    await context.close()
  })

  test(`another device is signed out from the list, in ${language}`, async () => {
    const laptop = await open(browser, language)
    await logIn(laptop.page, 'manager')
    const phone = await open(browser, language, { width: 390, height: 844 })
    await logIn(phone.page, 'manager')
    await phone.page.getByTestId('user-menu').click()
    await phone.page.getByTestId('my-sessions').click()
    const others = phone.page.locator('[data-testid^="end-"]')
    await others.first().waitFor()
    await picture(phone.page, `sessions-phone-${language}`)
    const before = await others.count()
    await others.first().click()
    assert.equal((await write(phone.page, 'confirm')).status(), 200)
    await phone.page.waitForFunction(
      (count) => document.querySelectorAll('[data-testid^="end-"]').length === count,
      before - 1,
    )
    await laptop.page.goto(`${BASE_URL}/admin/businesses`)
    await laptop.page.getByTestId('login-email').waitFor()
    assert.deepEqual(phone.said, [])
    await laptop.context.close()
    await phone.context.close()
  })
}
