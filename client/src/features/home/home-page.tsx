import { Navigate } from 'react-router'
import { isolate, useWords } from '../../i18n'
import { BusinessIcon } from '../../ui/icons'
import { Card, EmptyState, PageTitle } from '../../ui/page'
import { isAdministrator, useSession } from '../../ui/session'
import { BusinessHome } from './business-home'

export function HomePage() {
  const { t } = useWords()
  const me = useSession()
  const greeting = t('home.greeting', { name: isolate(me.user.name) })

  if (me.tenant !== null) {
    return (
      <>
        <PageTitle title={<bdi>{me.tenant.name}</bdi>} subtitle={greeting} />
        <BusinessHome business={me.tenant} />
      </>
    )
  }
  // Whoever looks after businesses and is in none begins by choosing one.
  if (isAdministrator(me)) return <Navigate to="/admin/businesses" replace />
  return (
    <>
      <PageTitle title={greeting} />
      <Card>
        <EmptyState
          icon={<BusinessIcon size={26} />}
          title={t('noBusiness.title')}
          text={t('noBusiness.noneText')}
        />
      </Card>
    </>
  )
}
