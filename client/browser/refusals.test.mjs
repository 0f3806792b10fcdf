/** What a person sees when a write is refused, and what stands in the console. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BASE_URL, launch, logIn, open, people, picture } from './stage.mjs'

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

test('the cookies have the attributes of the contract', async () => {
  const { context, page } = await open(browser, 'he')
  await logIn(page, 'noga')
  const cookies = Object.fromEntries((await context.cookies()).map((c) => [c.name, c]))
  assert.deepEqual(Object.keys(cookies).sort(), ['XSRF-TOKEN', '__Host-session'])
  for (const [name, httpOnly] of [
    ['XSRF-TOKEN', false],
    ['__Host-session', true],
  ]) {
    assert.equal(cookies[name].httpOnly, httpOnly, name)
    assert.equal(cookies[name].secure, true, name)
    assert.equal(cookies[name].sameSite, 'Lax', name)
    assert.equal(cookies[name].path, '/', name)
    assert.equal(cookies[name].domain, 'localhost', name)
  }
  const readable = await page.evaluate(() => document.cookie)
  assert.match(readable, /XSRF-TOKEN=[0-9a-f]{64}/)
  assert.doesNotMatch(readable, /session/)
  await context.close()
})

for (const language of ['he', 'en']) {
  test(`with the cookie deleted the page says which layer refused and why, in ${language}`, async () => {
    const { context, page, said } = await open(browser, language)
    await logIn(page, 'noga')
    await page.goto(`${BASE_URL}/prompts`)
    const draft = `טיוטה ${language} ${Date.now()}`
    await page.getByTestId('prompt-calls').fill(draft)
    await context.clearCookies({ name: 'XSRF-TOKEN' })
    await page.getByTestId('prompt-save').click()
    const notice = page.getByTestId('error-notice')
    await notice.waitFor()
    assert.equal(await notice.getAttribute('data-error'), 'csrf')
    assert.equal(await notice.getAttribute('data-reason'), 'cookie_missing')
    assert.match(await page.getByTestId('error-request-id').innerText(), /^[0-9a-f]{16}$/)
    const line = said.find((words) => words.includes('cookie_missing'))
    assert.ok(line, said.join('\n'))
    assert.match(line, /error=csrf/)
    assert.match(line, /cookie=<none>/)
    assert.match(line, /header=<none>/)
    await picture(page, `refused-${language}`)

    assert.equal(await page.getByTestId('prompt-calls').inputValue(), draft)
    await page.getByTestId('prompt-save').click()
    await page.getByTestId('prompt-receipt').waitFor()
    await context.close()
  })
}

test('with the header spoiled the console has both values', async () => {
  const { context, page, said } = await open(browser, 'en')
  await logIn(page, 'noga')
  await page.goto(`${BASE_URL}/leads`)
  const token = (await context.cookies()).find((c) => c.name === 'XSRF-TOKEN').value
  await page.route('**/api/business/current/leads', (route, request) =>
    request.method() === 'POST'
      ? route.continue({ headers: { ...request.headers(), 'x-csrftoken': 'spoiled' } })
      : route.continue(),
  )
  await page.getByTestId('lead-create').click()
  await page.getByTestId('lead-name').fill('Nobody')
  await page.getByTestId('lead-save').click()
  const notice = page.getByTestId('error-notice')
  await notice.waitFor()
  assert.equal(await notice.getAttribute('data-reason'), 'token_mismatch')
  const line = said.find((words) => words.includes('token_mismatch'))
  assert.ok(line.includes(`cookie=${token}`), line)
  assert.match(line, /header=[0-9a-f]{64}|header=spoiled/)
  assert.equal(await page.getByTestId('lead-name').inputValue(), 'Nobody')
  await context.close()
})

test('a session that died leads to the login and back, with the draft kept', async () => {
  const { context, page } = await open(browser, 'he')
  await logIn(page, 'noga')
  await page.goto(`${BASE_URL}/prompts`)
  const draft = `טיוטה שנשארת ${Date.now()}`
  await page.getByTestId('prompt-calls').fill(draft)
  await context.clearCookies({ name: '__Host-session' })
  await page.getByTestId('prompt-save').click()
  await page.getByTestId('login-email').waitFor()
  await page.getByTestId('login-email').fill(people.noga.email)
  await page.getByTestId('login-password').fill(people.noga.password)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('prompt-calls').waitFor()
  assert.equal(await page.getByTestId('prompt-calls').inputValue(), draft)
  await context.close()
})

test('the page, its files and unknown paths are served as promised', async () => {
  const page = await fetch(`${BASE_URL}/`)
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  assert.equal(page.headers.get('set-cookie'), null)
  const html = await page.text()
  const [script] = html.match(/\/assets\/[^"]+\.js/)
  const file = await fetch(`${BASE_URL}${script}`)
  assert.match(file.headers.get('cache-control'), /immutable/)
  assert.equal(file.headers.get('set-cookie'), null)
  assert.equal(await (await fetch(`${BASE_URL}/some/unknown/path`)).text(), html)
  for (const path of ['/api/unknown', '/webhook/unknown', '/api', '/webhook']) {
    const answer = await fetch(`${BASE_URL}${path}`)
    assert.equal(answer.status, 404, path)
    assert.deepEqual(await answer.json(), { error: 'not_found' }, path)
  }
  const policy = page.headers.get('content-security-policy')
  assert.match(policy, /script-src 'self';/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
  assert.ok(page.headers.get('referrer-policy'))
})
