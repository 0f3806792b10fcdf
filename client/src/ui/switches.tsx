/** The two switches that stand on every page: language, and light or dark. */
import { ActionIcon, Button, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { switchLanguage, useWords } from '../i18n'
import { GlobeIcon, MoonIcon, SunIcon } from './icons'

export function LanguageSwitch() {
  const { t, language } = useWords()
  const other = language === 'he' ? 'en' : 'he'
  return (
    <Button
      variant="subtle"
      color="gray"
      size="compact-md"
      leftSection={<GlobeIcon size={18} />}
      aria-label={`${t('language.switch')}: ${t(`language.${other}`)}`}
      onClick={() => void switchLanguage(other)}
      data-testid="language-switch"
    >
      <span lang={other}>{t(`language.${other}`)}</span>
    </Button>
  )
}

export function SchemeSwitch() {
  const { t } = useWords()
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark'
  const label = isDark ? t('scheme.toLight') : t('scheme.toDark')
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      data-testid="scheme-switch"
    >
      {isDark ? <SunIcon /> : <MoonIcon />}
    </ActionIcon>
  )
}
