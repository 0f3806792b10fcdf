import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const petrol: MantineColorsTuple = [
  '#e9f7f5',
  '#d3ece8',
  '#a6d8d1',
  '#75c3b9',
  '#4db0a4',
  '#34a497',
  '#1f8a7e',
  '#0d6e67',
  '#0a5a55',
  '#074743',
]

// Fonts of the system alone: the content policy allows no others, and these all draw Hebrew well.
const FONTS =
  '"Segoe UI", "SF Pro Text", -apple-system, BlinkMacSystemFont, Roboto, "Noto Sans Hebrew", "Arial Hebrew", "Noto Sans", Arial, sans-serif'

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: 7,
  colors: { petrol },
  fontFamily: FONTS,
  headings: { fontFamily: FONTS, fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
})

/** A page a shade darker than its cards, so that cards need no shadow. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--maane-page': '#f6f7f5',
    '--maane-card': '#ffffff',
    '--maane-line': '#e3e6e2',
    '--mantine-color-text': '#1c2624',
    '--mantine-color-dimmed': '#5c6b67',
    // Mantine's own are too pale on their tint for small text.
    '--mantine-color-yellow-light-color': '#7a4500',
    '--mantine-color-green-light-color': '#1b6329',
    '--mantine-color-red-text': '#b32424',
    '--mantine-color-error': '#b32424',
  },
  dark: {
    '--maane-page': '#161b1a',
    '--maane-card': '#1e2423',
    '--maane-line': '#313a38',
    '--mantine-color-body': '#1e2423',
    '--mantine-color-dimmed': '#9aaaa6',
    '--mantine-color-red-text': '#ff9b9b',
    '--mantine-color-error': '#ff9b9b',
  },
})
