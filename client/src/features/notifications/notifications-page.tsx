import { Stack, Text, Title } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { BellIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { useBusiness, type ActingBusiness } from '../../ui/session'
import { NotificationItem } from './notification-item'
import { notificationSettingsQuery, notificationsQuery } from './queries'
import { SettingsForm } from './settings-form'
import { TestEmail } from './test-email'

/** Who is told when a customer needs a person, and what they were told until now. */
export function NotificationsPage() {
  const { t } = useWords()
  const business = useBusiness()
  const settings = useQuery(notificationSettingsQuery(business.id))
  const saved = settings.data
  return (
    <>
      <PageTitle title={t('notifications.title')} subtitle={t('notifications.subtitle')} />
      <Stack gap="lg">
        {settings.isError && (
          <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />
        )}
        {settings.isPending && <Loading />}
        {saved !== undefined && (
          <>
            <SettingsForm business={business} saved={saved} />
            <TestEmail
              emails={[
                ...new Set([
                  ...saved.emails,
                  ...(saved.escalation_email === null ? [] : [saved.escalation_email]),
                ]),
              ]}
            />
          </>
        )}
        <History business={business} />
      </Stack>
    </>
  )
}

function History({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const list = useInfiniteQuery(notificationsQuery(business.id))
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Card>
      <Title order={2} size="h4">
        {t('notifications.history')}
      </Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t('notifications.historyText')}
      </Text>
      {list.isError && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data !== undefined && items.length === 0 && (
        <EmptyState icon={<BellIcon size={26} />} title={t('notifications.empty')} />
      )}
      <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {items.map((item) => (
          <NotificationItem key={item.id} business={business} notification={item} />
        ))}
      </ul>
      <LoadMore
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </Card>
  )
}
