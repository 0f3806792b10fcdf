import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { Loading, PageTitle } from '../../ui/page'
import { phoneSettingsQuery } from '../../ui/phone'
import { useBusiness } from '../../ui/session'
import { PhoneConnectionCard } from './phone-connection'
import { PhoneSettingsForm } from './phone-settings'
import { OutgoingSettingsForm } from './outgoing-settings'
import { PhoneTransferCard } from './phone-transfer'
import { outgoingQuery } from './queries'

/** The number for calls, and how they are answered. */
export function PhonePage() {
  const { t } = useWords()
  const business = useBusiness()
  const settings = useQuery(phoneSettingsQuery(business.id))
  const outgoing = useQuery(outgoingQuery(business.id))
  return (
    <>
      <PageTitle title={t('phone.title')} subtitle={t('phone.subtitle')} />
      <Stack gap="lg">
        <PhoneConnectionCard business={business} />
        {settings.isError && (
          <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />
        )}
        {settings.isPending && <Loading />}
        {settings.data !== undefined && (
          <PhoneSettingsForm businessId={business.id} saved={settings.data} />
        )}
        <PhoneTransferCard businessId={business.id} />
        {outgoing.isError && (
          <ErrorNotice error={outgoing.error} onRetry={() => void outgoing.refetch()} />
        )}
        {outgoing.data !== undefined && (
          <OutgoingSettingsForm businessId={business.id} saved={outgoing.data} />
        )}
      </Stack>
    </>
  )
}
