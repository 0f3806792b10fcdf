/** Preview: the same page inside another site's frame, where a browser drops ordinary cookies. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { BASE_URL, EMBEDDER, launch, open, people, picture } from '../stage.mjs'

let browser
let embedder
before(async () => {
  browser = await launch()
  const page = `<!doctype html><title>Another site</title>
    <iframe src="${BASE_URL}/login" style="border: 0; width: 100%; height: 95vh"></iframe>`
  embedder = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(page)
  })
  const { hostname, port } = new URL(EMBEDDER)
  await new Promise((ready) => embedder.listen(Number(port), hostname, ready))
})
after(async () => {
  await browser.close()
  embedder.closeAllConnections()
  embedder.close()
})

test('inside a frame of another site the cookies are kept, and a save passes', async () => {
  // With no language chosen beforehand: the frame is empty at first, and an empty one has no storage.
  const { context, page, said } = await open(browser, null)
  await page.goto(EMBEDDER)
  const frame = page.frameLocator('iframe')
  await frame.getByTestId('login-email').fill(people.noga.email)
  await frame.getByTestId('login-password').fill(people.noga.password)
  await frame.getByTestId('login-submit').click()
  await frame.getByTestId('user-menu').waitFor()

  const cookies = (await context.cookies(BASE_URL)).sort((a, b) => a.name.localeCompare(b.name))
  assert.deepEqual(
    cookies.map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite })),
    [
      { name: '__Host-session', httpOnly: true, secure: true, sameSite: 'None' },
      { name: 'XSRF-TOKEN', httpOnly: false, secure: true, sameSite: 'None' },
    ],
  )
  for (const cookie of cookies) assert.ok(cookie.partitionKey, `${cookie.name} is not partitioned`)

  await frame.locator('a[href="/prompts"]').first().click()
  await frame.getByTestId('prompt-calls').fill(`בתוך מסגרת ${Date.now()}`)
  await frame.getByTestId('prompt-save').click()
  await frame.getByTestId('prompt-receipt').waitFor()
  await picture(page, 'preview-frame')
  assert.deepEqual(said, [])
  await context.close()
})
