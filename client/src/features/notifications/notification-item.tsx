import { Text } from '@mantine/core'
import { Link } from 'react-router'
import { serverNow } from '../../http'
import { isolate, useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { Reason } from '../../ui/reasons'
import type { ActingBusiness } from '../../ui/session'
import classes from './notifications.module.css'
import { useMarkNotificationRead, type Delivery, type Notification } from './queries'

/** After these nobody waits for an answer. */
const CALM = new Set<Notification['kind']>(['message_taken', 'booked', 'booking_cancelled'])

interface Props {
  business: ActingBusiness
  notification: Notification
  onOpen?: () => void
}

/** One notification: what it tells, how the telling went, and the way to its conversation. */
export function NotificationItem({ business, notification, onOpen }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(business.timezone)
  const mark = useMarkNotificationRead(business.id)
  const { contact_name, contact_phone, created_at, customer_told, escalates_at } = notification
  const name = isolate(contact_name ?? contact_phone ?? t('conversations.unknown'))
  const mayWait = !CALM.has(notification.kind)
  const isPending =
    notification.is_waiting &&
    escalates_at !== null &&
    new Date(escalates_at).getTime() > serverNow()
  return (
    <li data-testid={`notification-${notification.id}`}>
      <Link
        to={`/conversations/${notification.conversation_id}`}
        className={classes.item}
        data-unread={notification.is_read ? undefined : true}
        onClick={() => {
          if (!notification.is_read) mark.mutate({ id: notification.id, upTo: false })
          onOpen?.()
        }}
      >
        <Text fw={notification.is_read ? undefined : 700} size="sm">
          {wordFor('notificationKind', notification.kind, { name })}
        </Text>
        <Text size="xs" c="dimmed">
          <time dateTime={created_at}>{formats.ago(created_at, serverNow())}</time>
          {notification.is_waiting && ` · ${t('notifications.waiting')}`}
          {!notification.is_waiting && mayWait && ` · ${t('notifications.notWaiting')}`}
          {isPending && ` · ${t('notifications.escalates', { at: formats.time(escalates_at) })}`}
        </Text>
        {customer_told !== null && <Text size="xs">{wordFor('customerTold', customer_told)}</Text>}
        {notification.deliveries.map((delivery) => (
          <DeliveryLine key={`${delivery.way} ${delivery.recipient}`} delivery={delivery} />
        ))}
      </Link>
    </li>
  )
}

function DeliveryLine({ delivery }: { delivery: Delivery }) {
  const wordFor = useWordFor()
  const { way, recipient, status, reason, detail } = delivery
  const isFailed = status === 'failed'
  return (
    <Text size="xs" c={isFailed ? 'red.9' : 'dimmed'} component="div">
      {wordFor('deliveryWay', way)} <bdi dir="ltr">{recipient}</bdi>:{' '}
      {wordFor('deliveryStatus', status)}
      {reason !== null && ` – ${wordFor('deliveryReason', reason)}`}
      {detail !== null && (
        <> {way === 'whatsapp' ? <Reason reason={detail} /> : <bdi dir="auto">{detail}</bdi>}</>
      )}
    </Text>
  )
}
