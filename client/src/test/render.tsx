/** Renders what a test looks at inside the same providers as the product. */
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import type { ReactElement } from 'react'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { createQueries } from '../app/queries'
import { routes } from '../app/router'
import { SessionProvider, type Me } from '../ui/session'
import { theme } from '../ui/theme'
import { answerWith } from './server'

function providers(router: ReturnType<typeof createMemoryRouter>) {
  const queries = createQueries()
  queries.setDefaultOptions({ queries: { retry: false } })
  const view = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  return { ...view, router, queries }
}

/** The whole application, opened at a path by whoever `me` is. */
export function openApp(path: string, me: Me | null) {
  if (me === null) {
    answerWith('get', '/api/auth/me', { error: 'unauthenticated' }, { status: 401 })
  } else {
    answerWith('get', '/api/auth/me', me)
  }
  return providers(createMemoryRouter(routes, { initialEntries: [path] }))
}

/** One piece of the screen, for somebody who is signed in. */
export function show(element: ReactElement, me: Me) {
  const routed = [{ path: '*', element: <SessionProvider value={me}>{element}</SessionProvider> }]
  return providers(createMemoryRouter(routed))
}
