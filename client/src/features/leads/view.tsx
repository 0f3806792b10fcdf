import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useWords } from '../../i18n'

const VIEWS = ['table', 'board'] as const
type View = (typeof VIEWS)[number]
const STORAGE_KEY = 'maane.leads.view'

function storedView(): View {
  try {
    return localStorage.getItem(STORAGE_KEY) === 'board' ? 'board' : 'table'
  } catch {
    return 'table'
  }
}

/** Table or board, remembered in this browser. */
export function useView(): [View, (view: View) => void] {
  const [view, setView] = useState(storedView)
  const choose = (next: View) => {
    setView(next)
    try {
      localStorage.setItem(STORAGE_KEY, next)
    } catch {
      // The choice then lasts until the page is closed.
    }
  }
  return [view, choose]
}

export function ViewSwitch({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  const { t } = useWords()
  return (
    <Group gap={4} role="group" aria-label={t('leads.view')} wrap="nowrap">
      {VIEWS.map((value) => (
        <Button
          key={value}
          variant={view === value ? 'light' : 'default'}
          aria-pressed={view === value}
          onClick={() => onChange(value)}
          data-testid={`leads-${value}`}
        >
          {t(`leads.${value}`)}
        </Button>
      ))}
    </Group>
  )
}
