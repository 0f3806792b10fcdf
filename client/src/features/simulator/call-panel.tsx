import { Checkbox, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useWords } from '../../i18n'
import { Card } from '../../ui/page'
import { phoneSettingsQuery } from '../../ui/phone'
import type { ActingBusiness } from '../../ui/session'
import { CallScreen, type Caller } from './call-screen'
import { hasEar } from './ear'
import { voiceFor } from './mouth'
import classes from './simulator.module.css'

interface Props {
  business: ActingBusiness
  phone: string
  onPhone: (phone: string) => void
  notice: React.ReactNode
}

/** Who calls and how, and the phone that they call with. */
export function CallPanel({ business, phone, onPhone, notice }: Props) {
  const { t } = useWords()
  const settings = useQuery(phoneSettingsQuery(business.id))
  const [isWithheld, setWithheld] = useState(false)
  const [engine, setEngine] = useState<'' | 'gather' | 'relay'>('')
  const [wantsAloud, setAloud] = useState(false)
  const language = settings.data?.preset.language ?? 'he'
  const hasVoice = useVoice(language)
  const caller: Caller = {
    phone: isWithheld ? null : phone,
    engine: engine === '' ? null : engine,
    language,
    isAloud: wantsAloud && hasVoice,
  }
  const own = settings.data?.chosen.engine ?? 'gather'
  return (
    <div className={classes.columns}>
      <Stack gap="md">
        {notice}
        <Card>
          <Stack gap="sm">
            <TextInput
              label={t('simulator.call.from')}
              type="tel"
              dir="ltr"
              autoComplete="off"
              value={phone}
              disabled={isWithheld}
              onChange={(event) => onPhone(event.currentTarget.value)}
              data-testid="call-from"
            />
            <Checkbox
              label={t('simulator.call.withheld')}
              checked={isWithheld}
              onChange={(event) => setWithheld(event.currentTarget.checked)}
            />
            <NativeSelect
              label={t('simulator.call.engine')}
              value={engine}
              onChange={(event) => setEngine(event.currentTarget.value as typeof engine)}
              data={[
                {
                  value: '',
                  label: t('simulator.call.ownEngine', { name: t(`phone.engines.${own}`) }),
                },
                { value: 'gather', label: t('phone.engines.gather') },
                { value: 'relay', label: t('phone.engines.relay') },
              ]}
              data-testid="call-engine"
            />
            <Checkbox
              label={t('simulator.call.aloud')}
              description={hasVoice ? undefined : t('simulator.call.noVoice')}
              disabled={!hasVoice}
              checked={wantsAloud && hasVoice}
              onChange={(event) => setAloud(event.currentTarget.checked)}
              data-testid="call-aloud"
            />
            {!hasEar() && (
              <Text size="xs" c="dimmed">
                {t('simulator.call.noEar')}
              </Text>
            )}
            <Text size="sm" c="dimmed">
              {t('simulator.call.about')}
            </Text>
          </Stack>
        </Card>
      </Stack>
      <CallScreen business={business} caller={caller} />
    </div>
  )
}

/** Browsers learn their voices only after a while. */
function useVoice(language: string): boolean {
  const [has, setHas] = useState(() => voiceFor(language) !== null)
  useEffect(() => {
    const look = () => setHas(voiceFor(language) !== null)
    look()
    if (!('speechSynthesis' in window)) return undefined
    speechSynthesis.addEventListener('voiceschanged', look)
    return () => speechSynthesis.removeEventListener('voiceschanged', look)
  }, [language])
  return has
}
