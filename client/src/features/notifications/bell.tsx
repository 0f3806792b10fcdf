import { ActionIcon, Anchor, Button, Group, Popover, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { BellIcon } from '../../ui/icons'
import { Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import { NotificationItem } from './notification-item'
import classes from './notifications.module.css'
import { newestQuery, unreadQuery, useMarkNotificationRead } from './queries'

const MOST_SHOWN = 99

/** The count of what nobody of this user's eyes has seen, in the frame and in the tab's title. */
export function Bell({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const [isOpen, setOpen] = useState(false)
  const counted = useQuery(unreadQuery(business.id))
  const unread = counted.data?.unread ?? 0
  const shown = unread > MOST_SHOWN ? `${MOST_SHOWN}+` : String(unread)
  const name = t('app.name')

  useEffect(() => {
    document.title = unread > 0 ? `(${shown}) ${name}` : name
    return () => {
      document.title = name
    }
  }, [unread, shown, name])

  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width={320}
      shadow="md"
      trapFocus
      returnFocus
      withRoles={false}
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          radius="xl"
          className={classes.bell}
          aria-label={
            unread > 0 ? t('notifications.bellUnread', { count: unread }) : t('notifications.bell')
          }
          aria-expanded={isOpen}
          aria-haspopup="dialog"
          onClick={() => setOpen((was) => !was)}
          data-testid="bell"
        >
          <BellIcon />
          {unread > 0 && (
            <span className={classes.count} aria-hidden="true" data-testid="bell-count">
              {shown}
            </span>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p="xs" role="dialog" aria-label={t('notifications.bell')}>
        {isOpen && (
          <Newest
            business={business}
            newestId={counted.data?.newest_id ?? 0}
            unread={unread}
            onClose={() => setOpen(false)}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  )
}

interface NewestProps {
  business: ActingBusiness
  newestId: number
  unread: number
  onClose: () => void
}

function Newest({ business, newestId, unread, onClose }: NewestProps) {
  const { t } = useWords()
  const newest = useQuery(newestQuery(business.id, newestId))
  const mark = useMarkNotificationRead(business.id)
  const items = newest.data?.items ?? []
  return (
    <>
      {newest.isError && <ErrorNotice error={newest.error} />}
      {newest.isPending && <Loading />}
      {newest.data !== undefined && items.length === 0 && (
        <Text size="sm" c="dimmed" p="sm">
          {t('notifications.empty')}
        </Text>
      )}
      <ul className={classes.list} tabIndex={items.length > 0 ? 0 : undefined}>
        {items.map((item) => (
          <NotificationItem
            key={item.id}
            business={business}
            notification={item}
            onOpen={onClose}
          />
        ))}
      </ul>
      {mark.isError && <ErrorNotice error={mark.error} />}
      <Group justify="space-between" px="sm" pt="xs">
        <Anchor component={Link} to="/notifications" size="sm" onClick={onClose}>
          {t('notifications.toPage')}
        </Anchor>
        {unread > 0 && (
          <Button
            size="compact-sm"
            variant="subtle"
            loading={mark.isPending}
            onClick={() => mark.mutate({ id: newestId, upTo: true })}
            data-testid="bell-read-all"
          >
            {t('notifications.readAll')}
          </Button>
        )}
      </Group>
    </>
  )
}
