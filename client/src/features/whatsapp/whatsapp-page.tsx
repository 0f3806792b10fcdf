import { Button, Group, Slider, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { Card, Loading, PageTitle } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { useBusiness } from '../../ui/session'
import { Connection } from './connection'
import { FailedEvents } from './failed-events'
import { OptOutCard } from './opt-out'
import { LONGEST_PAUSE_S, useReplaceWhatsappSettings, whatsappSettingsQuery } from './queries'
import { Templates } from './templates'

/** How the business answers on WhatsApp, and what it could not answer. */
export function WhatsappPage() {
  const { t } = useWords()
  const business = useBusiness()
  const settings = useQuery(whatsappSettingsQuery(business.id))
  return (
    <>
      <PageTitle title={t('whatsapp.title')} subtitle={t('whatsapp.subtitle')} />
      <Stack gap="lg">
        {settings.isError && (
          <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />
        )}
        {settings.isPending && <Loading />}
        {settings.data !== undefined && (
          <PauseCard businessId={business.id} saved={settings.data.pause_s} />
        )}
        <OptOutCard businessId={business.id} />
        <Connection business={business} />
        <Templates business={business} />
        <FailedEvents business={business} />
      </Stack>
    </>
  )
}

function PauseCard({ businessId, saved }: { businessId: number; saved: number }) {
  const { t } = useWords()
  const [pause, setPause] = useState(saved)
  const save = useReplaceWhatsappSettings(businessId)
  const isChanged = pause !== saved
  return (
    <Card>
      <Stack gap="md">
        <div>
          <Title order={2} size="h4" id="pause-title">
            {t('whatsapp.pause')}
          </Title>
          <Text c="dimmed" size="sm">
            {t('whatsapp.pauseText')}
          </Text>
        </div>
        {save.isError && <ErrorNotice error={save.error} />}
        {save.isSuccess && !isChanged && <Receipt title={t('whatsapp.saved')} />}
        <Text fw={600} data-testid="pause-words">
          {pause === 0 ? t('whatsapp.noPause') : t('whatsapp.seconds', { seconds: pause })}
        </Text>
        <Slider
          min={0}
          max={LONGEST_PAUSE_S}
          step={1}
          label={null}
          value={pause}
          onChange={setPause}
          thumbLabel={t('whatsapp.pause')}
          data-testid="pause"
        />
        <Group justify="flex-end">
          <Button
            disabled={!isChanged}
            loading={save.isPending}
            onClick={() => save.mutate({ pause_s: pause })}
            data-testid="pause-save"
          >
            {t('whatsapp.save')}
          </Button>
        </Group>
      </Stack>
    </Card>
  )
}
