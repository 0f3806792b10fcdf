// Fails when the first page costs more compressed JavaScript than the budget.
//
// What counts: the entry with everything it imports statically, and the pieces that the login page
// cannot do without although they are loaded on demand (the page itself and one language).
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 200 * 1024
const NEEDED_BY_LOGIN = ['src/features/auth/login-page.tsx', 'src/i18n/he.json']

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)

const bytesOf = new Map()
function count(key) {
  const chunk = manifest[key]
  if (chunk === undefined) throw new Error(`The manifest has no ${key}.`)
  if (bytesOf.has(chunk.file)) return
  if (chunk.file.endsWith('.js')) {
    bytesOf.set(chunk.file, gzipSync(readFileSync(new URL(chunk.file, dist)), { level: 6 }).length)
  }
  for (const imported of chunk.imports ?? []) count(imported)
}

const total = () => [...bytesOf.values()].reduce((sum, bytes) => sum + bytes, 0)
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`

count(entry)
const entryBytes = total()
for (const key of NEEDED_BY_LOGIN) count(key)

for (const [file, bytes] of bytesOf) console.log(`${kilobytes(bytes).padStart(10)}  ${file}`)
console.log(`${kilobytes(entryBytes).padStart(10)}  entry and its static imports`)
console.log(
  `${kilobytes(total()).padStart(10)}  until login is usable, of ${kilobytes(BUDGET_BYTES)}`,
)
if (total() > BUDGET_BYTES) {
  console.error('The first page is over its budget of compressed JavaScript.')
  process.exit(1)
}
