import { NavLink, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { NavLink as RouterLink, useLocation } from 'react-router'
import { useWords } from '../i18n'
import {
  AuditIcon,
  BellIcon,
  BusinessIcon,
  CalendarIcon,
  CallIcon,
  ChatIcon,
  DoorIcon,
  FactsIcon,
  HomeIcon,
  LeadsIcon,
  PhoneIcon,
  PromptIcon,
  SettingsIcon,
  ShieldIcon,
} from '../ui/icons'
import { isAdministrator, useSession } from '../ui/session'

interface Place {
  to: string
  label: string
  icon: ReactNode
}

/** The places this person can go to now: home and the pages of a business only while inside one. */
export function Navigation({ onGo }: { onGo: () => void }) {
  const { t } = useWords()
  const me = useSession()
  const { pathname } = useLocation()

  const home: Place = { to: '/', label: t('nav.home'), icon: <HomeIcon /> }
  const everyDay: Place[] = [
    { to: '/conversations', label: t('nav.conversations'), icon: <ChatIcon /> },
    { to: '/calls', label: t('nav.calls'), icon: <CallIcon /> },
    { to: '/leads', label: t('nav.leads'), icon: <LeadsIcon /> },
    { to: '/appointments', label: t('nav.appointments'), icon: <CalendarIcon /> },
  ]
  const assistant: Place[] = [
    { to: '/prompts', label: t('nav.prompts'), icon: <PromptIcon /> },
    { to: '/facts', label: t('nav.facts'), icon: <FactsIcon /> },
    { to: '/hours', label: t('nav.hours'), icon: <DoorIcon /> },
    { to: '/simulator', label: t('nav.simulator'), icon: <PhoneIcon /> },
  ]
  const settings: Place[] = [
    { to: '/phone', label: t('nav.phone'), icon: <CallIcon /> },
    { to: '/whatsapp', label: t('nav.whatsapp'), icon: <SettingsIcon /> },
    { to: '/notifications', label: t('nav.notifications'), icon: <BellIcon /> },
    { to: '/privacy', label: t('nav.privacy'), icon: <ShieldIcon /> },
    { to: '/audit', label: t('nav.audit'), icon: <AuditIcon /> },
  ]
  const administration: Place[] = [
    { to: '/admin/businesses', label: t('nav.businesses'), icon: <BusinessIcon /> },
  ]

  const link = ({ to, label, icon }: Place) => (
    <NavLink
      key={to}
      component={RouterLink}
      to={to}
      end={to === '/'}
      active={to === '/' ? pathname === '/' : pathname.startsWith(to)}
      label={label}
      leftSection={icon}
      onClick={onGo}
      style={{ borderRadius: 'var(--mantine-radius-md)' }}
    />
  )

  return (
    <Stack gap={2}>
      {(me.tenant !== null || !isAdministrator(me)) && link(home)}
      {me.tenant !== null && (
        <>
          <Section label={me.tenant.name} />
          {everyDay.map(link)}
          <Section label={t('nav.assistant')} />
          {assistant.map(link)}
          <Section label={t('nav.settings')} />
          {settings.map(link)}
        </>
      )}
      {isAdministrator(me) && (
        <>
          <Section label={t('nav.administration')} />
          {administration.map(link)}
        </>
      )}
    </Stack>
  )
}

function Section({ label }: { label: string }) {
  return (
    <Text size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4} truncate>
      <bdi>{label}</bdi>
    </Text>
  )
}
