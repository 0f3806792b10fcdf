import { Button, Group, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useNavigate } from 'react-router'
import { isolate, useWords } from '../../i18n'
import { asClock, useSecondsUntil } from '../../ui/countdown'
import { ErrorNotice } from '../../ui/error-notice'
import { sessionQuery, type Me } from '../../ui/session'
import classes from './impersonation-banner.module.css'
import { useStopImpersonation } from './queries'

/** Stands on every page while somebody acts inside a business that is not their own. */
export function ImpersonationBanner({ me }: { me: Me }) {
  if (me.impersonation === null) return null
  return <Banner name={me.user.name} impersonation={me.impersonation} />
}

interface BannerProps {
  name: string
  impersonation: NonNullable<Me['impersonation']>
}

function Banner({ name, impersonation }: BannerProps) {
  const { t } = useWords()
  const client = useQueryClient()
  const navigate = useNavigate()
  const secondsLeft = useSecondsUntil(impersonation.expires_at)
  const stop = useStopImpersonation(() => {
    // Unsaved text stays as a draft of that business in this tab, so nothing has to be asked.
    void navigate('/admin/businesses', { state: { keepsDraft: true } })
  })
  const hasRunOut = secondsLeft === 0
  const isActive = impersonation.is_active && !hasRunOut
  const business = isolate(impersonation.business.name)

  useEffect(() => {
    // The server decides when the time is over; the page asks it as soon as its own count ends.
    if (hasRunOut) void client.invalidateQueries({ queryKey: sessionQuery.queryKey })
  }, [hasRunOut, client])

  return (
    <section
      className={classes.banner}
      data-ended={!isActive || undefined}
      data-testid="impersonation-banner"
      aria-label={t('impersonation.label')}
    >
      <Group justify="space-between" gap="sm">
        <div className={classes.words} role="status">
          <Text fw={600}>
            {isActive
              ? t('impersonation.inside', { name: isolate(name), business })
              : t('impersonation.ended', { business })}
          </Text>
          <Text size="sm">
            {isActive ? t('impersonation.insideText') : t('impersonation.endedText')}
            {isActive && impersonation.reason !== null && (
              <>
                {' · '}
                <bdi>{impersonation.reason}</bdi>
              </>
            )}
          </Text>
        </div>
        <Group gap="md" wrap="nowrap">
          {isActive && (
            <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
              {t('impersonation.timeLeft')}{' '}
              <bdi dir="ltr" className={classes.clock} data-testid="impersonation-left">
                {asClock(secondsLeft)}
              </bdi>
            </Text>
          )}
          <Button
            color="dark"
            size="sm"
            loading={stop.isPending}
            onClick={() => stop.mutate()}
            data-testid="impersonation-stop"
          >
            {isActive ? t('impersonation.stop') : t('impersonation.return')}
          </Button>
        </Group>
      </Group>
      {stop.isError && <ErrorNotice error={stop.error} />}
    </section>
  )
}
