import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const IMPORTED = /import \{([^}]+)\} from '@mantine\/core'/g
const styles = readFileSync('src/app/styles.ts', 'utf8')

/** What the pages take from Mantine and Mantine has styles for. */
const used = new Set(
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tsx'))
    .flatMap((file) => [...readFileSync(join('src', file), 'utf8').matchAll(IMPORTED)])
    .flatMap(([, names]) => (names ?? '').split(','))
    .map((name) => name.trim())
    .filter((name) => existsSync(`node_modules/@mantine/core/styles/${name}.css`)),
)

describe("Mantine's styles", () => {
  it('come with each component that a page shows', () => {
    expect(used).toContain('Button')
    const missing = [...used].filter((name) => !styles.includes(`/styles/${name}.css'`))
    expect(missing).toEqual([])
  })
})
