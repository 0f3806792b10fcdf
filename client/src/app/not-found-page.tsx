import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { useWords } from '../i18n'
import { WarningIcon } from '../ui/icons'
import { Card, EmptyState } from '../ui/page'

export function NotFoundPage() {
  const { t } = useWords()
  return (
    <Card>
      <EmptyState
        isPage
        icon={<WarningIcon size={26} />}
        title={t('notFound.title')}
        text={t('notFound.text')}
        action={
          <Button component={Link} to="/">
            {t('notFound.home')}
          </Button>
        }
      />
    </Card>
  )
}
