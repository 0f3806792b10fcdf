import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { isolate, useWords } from '../../i18n'
import { BusinessIcon } from '../../ui/icons'
import { Card, EmptyState, PageTitle } from '../../ui/page'
import { isAdministrator, useSession } from '../../ui/session'
import { AdministratorHome } from './administrator-home'
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
  if (me.impersonation === null && isAdministrator(me)) {
    return (
      <>
        <PageTitle
          title={greeting}
          subtitle={t('home.adminText')}
          actions={
            <Button component={Link} to="/admin/businesses" variant="default">
              {t('home.allBusinesses')}
            </Button>
          }
        />
        <AdministratorHome />
      </>
    )
  }
  return (
    <>
      <PageTitle title={greeting} />
      <Card>
        <EmptyState
          icon={<BusinessIcon size={26} />}
          title={t('noBusiness.title')}
          text={me.impersonation !== null ? t('noBusiness.ended') : t('noBusiness.noneText')}
        />
      </Card>
    </>
  )
}
