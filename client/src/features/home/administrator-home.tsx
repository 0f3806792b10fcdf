import { Group, SimpleGrid, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { BusinessIcon } from '../../ui/icons'
import { Card, EmptyState, Loading } from '../../ui/page'
import { StatusBadge } from '../../ui/status-badge'
import classes from './home.module.css'
import { firstBusinessesQuery } from './queries'

export function AdministratorHome() {
  const { t } = useWords()
  const wordFor = useWordFor()
  const businesses = useQuery(firstBusinessesQuery)

  if (businesses.isError) {
    return <ErrorNotice error={businesses.error} onRetry={() => void businesses.refetch()} />
  }
  if (businesses.data === undefined) return <Loading />
  if (businesses.data.items.length === 0) {
    return (
      <Card>
        <EmptyState
          icon={<BusinessIcon size={26} />}
          title={t('home.noBusinesses')}
          text={t('home.noBusinessesText')}
        />
      </Card>
    )
  }
  return (
    <>
      <Text fw={600} mb="sm" component="h2">
        {t('home.adminTitle')}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md">
        {businesses.data.items.map(({ id, name, status, language }) => (
          <Link
            key={id}
            to="/admin/businesses"
            state={status === 'suspended' ? undefined : { enter: { id, name } }}
            className={classes.shortcut}
          >
            <Group justify="space-between" wrap="nowrap" align="flex-start">
              <Text fw={600} lineClamp={2}>
                <bdi>{name}</bdi>
              </Text>
              <StatusBadge group="businessStatus" status={status} />
            </Group>
            <Text size="sm" c="dimmed">
              {wordFor('language', language)}
            </Text>
          </Link>
        ))}
      </SimpleGrid>
    </>
  )
}
