import { DirectionContext, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { RouterProvider } from 'react-router/dom'
import { useWords } from '../i18n'
import { followOtherTabs } from '../ui/session'
import { cssVariables, theme } from '../ui/theme'
import { CrashBoundary } from './crash'
import { createQueries } from './queries'
import { createRouter } from './router'

export function App() {
  const [queries] = useState(createQueries)
  const [router] = useState(createRouter)
  const { direction } = useWords()
  useEffect(() => followOtherTabs(queries), [queries])
  // Mantine is told the direction and never sets it: that is for i18n alone.
  const followed = useMemo(
    () => ({ dir: direction, setDirection: () => undefined, toggleDirection: () => undefined }),
    [direction],
  )

  return (
    <DirectionContext value={followed}>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <CrashBoundary>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </CrashBoundary>
      </MantineProvider>
    </DirectionContext>
  )
}
