import { useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { Loading, PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { retentionQuery } from './queries'
import { RetentionForm } from './retention-form'

/** How long the business keeps what people wrote to it. */
export function PrivacyPage() {
  const { t } = useWords()
  const business = useBusiness()
  const retention = useQuery(retentionQuery(business.id))
  return (
    <>
      <PageTitle title={t('privacy.title')} subtitle={t('privacy.subtitle')} />
      {retention.isError && (
        <ErrorNotice error={retention.error} onRetry={() => void retention.refetch()} />
      )}
      {retention.isPending && <Loading />}
      {retention.data !== undefined && <RetentionForm business={business} saved={retention.data} />}
    </>
  )
}
