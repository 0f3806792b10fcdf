import js from '@eslint/js'
import { createNodeResolver, importX } from 'eslint-plugin-import-x'
import reactHooks from 'eslint-plugin-react-hooks'
import { readdirSync } from 'node:fs'
import globals from 'globals'
import tseslint from 'typescript-eslint'

const features = readdirSync('src/features', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

// Imports go one way: app -> features -> ui -> i18n, http; http alone knows the contract's types.
const layers = [
  {
    target: './src/features',
    from: './src/app',
    message: 'A feature does not know the application.',
  },
  ...features.map((name) => ({
    target: `./src/features/${name}`,
    from: './src/features',
    except: [`./${name}`],
    message: 'A feature does not import another; the application puts them together.',
  })),
  {
    target: './src/ui',
    from: ['./src/app', './src/features'],
    message: 'Shared pieces know no feature.',
  },
  {
    target: './src/i18n',
    from: ['./src/app', './src/features', './src/ui', './src/http.ts'],
    message: 'i18n imports nothing of ours.',
  },
  {
    target: './src/http.ts',
    from: ['./src/app', './src/features', './src/ui', './src/i18n'],
    message: 'http.ts imports nothing but the types of the contract.',
  },
]

const isFetch = 'Only src/http.ts may call fetch: it is where every write gets its CSRF header.'
const isDirection = 'Only src/i18n sets the direction of the page.'

export default tseslint.config(
  { ignores: ['dist/', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  reactHooks.configs.flat.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    languageOptions: { globals: globals.browser },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx'] })] },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: layers }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/http.ts', 'src/**/*.test.{ts,tsx}', 'src/test/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: isFetch },
        { name: 'XMLHttpRequest', message: isFetch },
        { name: 'WebSocket', message: isFetch },
        { name: 'EventSource', message: isFetch },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'window', property: 'fetch', message: isFetch },
        { object: 'globalThis', property: 'fetch', message: isFetch },
        { object: 'navigator', property: 'sendBeacon', message: isFetch },
      ],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'openapi-fetch', message: 'Use the client of src/http.ts.' }] },
      ],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/i18n/**', 'src/**/*.test.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'AssignmentExpression[left.property.name="dir"]',
          message: isDirection,
        },
        {
          selector: 'CallExpression[callee.property.name="setAttribute"][arguments.0.value="dir"]',
          message: isDirection,
        },
        {
          selector:
            'JSXAttribute[name.name=/^(ml|mr|pl|pr|left|right|marginLeft|marginRight|paddingLeft|paddingRight)$/]',
          message: 'Logical properties only: ms, me, ps, pe.',
        },
        {
          selector:
            'Property[key.name=/^(marginLeft|marginRight|paddingLeft|paddingRight|left|right|borderLeft|borderRight)$/]',
          message: 'Logical properties only: marginInlineStart and its like.',
        },
        {
          selector: 'JSXAttribute[name.name=/^(ta|textAlign)$/][value.value=/^(left|right)$/]',
          message: 'Text aligns to start or end.',
        },
      ],
    },
  },
  { files: ['scripts/**', '*.mjs'], languageOptions: { globals: globals.node } },
  {
    // The browser tests run in Node and hand functions over to the page.
    files: ['browser/**'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
)
