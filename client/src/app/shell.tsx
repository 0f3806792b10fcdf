import { AppShell, Burger, Center, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Navigate, Outlet, useLocation } from 'react-router'
import { useSignOut } from '../features/auth/queries'
import { Bell } from '../features/notifications/bell'
import { ImpersonationBanner } from '../features/impersonation/impersonation-banner'
import { useWords } from '../i18n'
import { Brand } from '../ui/brand'
import { ErrorNotice } from '../ui/error-notice'
import { Loading } from '../ui/page'
import { identityOf, sessionQuery, SessionProvider, type Me } from '../ui/session'
import { LanguageSwitch, SchemeSwitch } from '../ui/switches'
import { Navigation } from './navigation'
import { UserMenu } from './user-menu'

/** Lets in whoever is signed in, and sends everybody else to the login page and back here. */
export function Shell() {
  const session = useQuery(sessionQuery)
  const signOut = useSignOut()
  const location = useLocation()

  if (session.data === undefined) {
    return (
      <Center mih="100vh" p="md">
        {session.isError ? (
          <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />
        ) : (
          <Loading />
        )}
      </Center>
    )
  }
  if (session.data === null) {
    // Whoever signed out on purpose begins anew; whoever was signed out returns to the same page.
    const from = signOut.isSuccess ? undefined : `${location.pathname}${location.search}`
    return <Navigate to="/login" replace state={{ from, keepsDraft: true }} />
  }
  return <Frame me={session.data} onSignOut={() => signOut.mutate()} signOutError={signOut.error} />
}

interface FrameProps {
  me: Me
  onSignOut: () => void
  signOutError: unknown
}

function Frame({ me, onSignOut, signOutError }: FrameProps) {
  const { t } = useWords()
  const [isMenuOpen, setMenuOpen] = useState(false)
  return (
    <SessionProvider value={me}>
      <a className="maane-skip" href="#main">
        {t('app.skip')}
      </a>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 236, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}
        padding={{ base: 'md', sm: 'xl' }}
      >
        <AppShell.Header bg="var(--maane-card)" px="md">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={isMenuOpen}
                onClick={() => setMenuOpen((isOpen) => !isOpen)}
                hiddenFrom="sm"
                size="sm"
                aria-label={t('common.menu')}
                aria-expanded={isMenuOpen}
              />
              <Brand />
            </Group>
            <Group gap={4} wrap="nowrap">
              {me.tenant !== null && <Bell key={identityOf(me)} business={me.tenant} />}
              <LanguageSwitch />
              <SchemeSwitch />
              <UserMenu onSignOut={onSignOut} />
            </Group>
          </Group>
        </AppShell.Header>

        <AppShell.Navbar
          bg="var(--maane-card)"
          p="sm"
          aria-label={t('nav.label')}
          style={{ overflowY: 'auto' }}
        >
          <Navigation onGo={() => setMenuOpen(false)} />
        </AppShell.Navbar>

        <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
          <ImpersonationBanner me={me} />
          {signOutError !== null && <ErrorNotice error={signOutError} />}
          <div style={{ maxWidth: 1080, marginInline: 'auto' }}>
            <Outlet key={identityOf(me)} />
          </div>
        </AppShell.Main>
      </AppShell>
    </SessionProvider>
  )
}
