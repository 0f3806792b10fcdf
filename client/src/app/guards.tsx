/**
 * Pages that need a business, or a role, say so in words instead of asking the server for what it
 * would refuse. They protect nothing: the server's guard does.
 */
import { Button } from '@mantine/core'
import { Link, Outlet } from 'react-router'
import { useWords } from '../i18n'
import { BusinessIcon } from '../ui/icons'
import { Card, EmptyState } from '../ui/page'
import { isAdministrator, useSession } from '../ui/session'

export function InsideBusiness() {
  const { t } = useWords()
  const me = useSession()
  if (me.tenant !== null) return <Outlet />
  const mayChoose = isAdministrator(me)
  const hasEnded = me.impersonation !== null
  const chosen = mayChoose ? t('noBusiness.text') : t('noBusiness.noneText')
  return (
    <Card>
      <EmptyState
        isPage
        icon={<BusinessIcon size={26} />}
        title={t('noBusiness.title')}
        text={hasEnded ? t('noBusiness.ended') : chosen}
        action={
          mayChoose && !hasEnded ? (
            <Button component={Link} to="/admin/businesses">
              {t('noBusiness.go')}
            </Button>
          ) : undefined
        }
      />
    </Card>
  )
}

export function ForAdministrators() {
  const { t } = useWords()
  const me = useSession()
  if (isAdministrator(me)) return <Outlet />
  return (
    <Card>
      <EmptyState
        isPage
        icon={<BusinessIcon size={26} />}
        title={t('notAllowed.title')}
        text={t('notAllowed.text')}
        action={
          <Button component={Link} to="/">
            {t('notFound.home')}
          </Button>
        }
      />
    </Card>
  )
}
