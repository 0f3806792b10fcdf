/** What is wrong with what a page shows: axe-core's findings, and a page wider than its window. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** What is opened fades in, and is not what it will be before that is over. */
const FADING_MS = 300

/** All faults of the part of the page that `selector` finds, of all of it where it finds none. */
export async function faultsOf(page, selector = null) {
  // Not as a script tag: the page's content policy would refuse it, as it should.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate((chosen) => {
    const part = chosen === null ? null : document.querySelector(chosen)
    // A drawer bears a header of its own, which axe takes for a second one of the page.
    const rules = part === null ? {} : { 'landmark-no-duplicate-banner': { enabled: false } }
    return globalThis.axe.run(part ?? document, { rules })
  }, selector)
  return violations
}

export async function assertFits(page, message) {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  assert.equal(overflow, 0, message)
}

/** Neither of both, once the page stands still. `goesOn`: it asks for something all the time. */
export async function assertClean(page, { part = null, goesOn = false } = {}) {
  if (!goesOn) await page.waitForLoadState('networkidle')
  await page.waitForTimeout(FADING_MS)
  const faults = await faultsOf(page, part)
  assert.deepEqual(
    faults.map((found) => `${found.id}: ${found.nodes[0].html}`),
    [],
  )
  await assertFits(page)
}
