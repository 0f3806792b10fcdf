import { Anchor, Badge, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { isolate, useWords } from '../../i18n'
import { addDays, dayOf, useFormats } from '../../i18n/format'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { ErrorNotice } from '../../ui/error-notice'
import { BackIcon, CalendarIcon, ForwardIcon } from '../../ui/icons'
import { Card, EmptyState, Loading } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { Row, RowList } from '../../ui/row-list'
import type { ActingBusiness } from '../../ui/session'
import { PhoneLink } from '../../ui/text'
import { appointmentsQuery, useCancel, type Appointment } from './queries'

interface Props {
  business: ActingBusiness
  receipt: string | null
  onReceipt: (words: string | null) => void
}

/** Seven days of appointments, each day under its name. */
export function Calendar({ business, receipt, onReceipt }: Props) {
  const { t } = useWords()
  const formats = useFormats(business.timezone)
  const [day, setDay] = useState<string | null>(null)
  const [doomed, setDoomed] = useState<Appointment | null>(null)
  const list = useQuery(appointmentsQuery(business.id, day))
  const cancel = useCancel(business.id)
  const items = list.data?.items ?? []
  const days = [...new Set(items.map((item) => dayOf(item.starts_at, business.timezone)))]

  const step = (by: number) => {
    if (list.data !== undefined) setDay(addDays(list.data.day, by))
  }
  const closeDialog = () => {
    setDoomed(null)
    cancel.reset()
  }
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <Text fw={600} aria-live="polite" data-testid="appointment-days">
          {list.data !== undefined &&
            t('appointments.range', {
              from: formats.day(list.data.day),
              until: formats.day(addDays(list.data.day, list.data.days - 1)),
            })}
        </Text>
        <Group gap="xs">
          <Button
            variant="default"
            size="sm"
            leftSection={<BackIcon size={16} isDirectional />}
            onClick={() => step(-7)}
            data-testid="appointment-back"
          >
            {t('appointments.back')}
          </Button>
          <Button variant="default" size="sm" disabled={day === null} onClick={() => setDay(null)}>
            {t('appointments.today')}
          </Button>
          <Button
            variant="default"
            size="sm"
            rightSection={<ForwardIcon size={16} isDirectional />}
            onClick={() => step(7)}
            data-testid="appointment-forward"
          >
            {t('appointments.forward')}
          </Button>
        </Group>
      </Group>
      {receipt !== null && <Receipt title={receipt} onClose={() => onReceipt(null)} />}
      {list.isError && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data?.is_cut === true && <Text size="sm">{t('appointments.isCut')}</Text>}
      {list.data !== undefined && items.length === 0 && (
        <Card isFlush>
          <EmptyState
            icon={<CalendarIcon size={26} />}
            title={t('appointments.empty')}
            text={t('appointments.emptyText')}
          />
        </Card>
      )}
      {days.map((of) => (
        <Stack key={of} gap="xs" data-testid={`appointments-${of}`}>
          <Title order={2} size="h5">
            {formats.day(of)}
          </Title>
          <Card isFlush>
            <RowList>
              {items
                .filter((item) => dayOf(item.starts_at, business.timezone) === of)
                .map((item) => (
                  <AppointmentRow
                    key={item.id}
                    item={item}
                    timeZone={business.timezone}
                    onCancel={() => {
                      onReceipt(null)
                      setDoomed(item)
                    }}
                  />
                ))}
            </RowList>
          </Card>
        </Stack>
      ))}
      <ConfirmDialog
        isOpen={doomed !== null}
        title={t('appointments.cancelTitle')}
        text={t('appointments.cancelText', {
          name: isolate(doomed?.name ?? t('appointments.nobody')),
          at: doomed === null ? '' : formats.dateTime(doomed.starts_at),
        })}
        confirmLabel={t('appointments.cancelConfirm')}
        cancelLabel={t('appointments.keep')}
        isDangerous
        isPending={cancel.isPending}
        error={cancel.error}
        onConfirm={() => {
          if (doomed === null) return
          cancel.mutate(doomed.id, {
            onSuccess: () => {
              onReceipt(t('appointments.cancelled'))
              closeDialog()
            },
          })
        }}
        onCancel={closeDialog}
      />
    </Stack>
  )
}

interface RowProps {
  item: Appointment
  timeZone: string
  onCancel: () => void
}

function AppointmentRow({ item, timeZone, onCancel }: RowProps) {
  const { t } = useWords()
  const formats = useFormats(timeZone)
  const isCancelled = item.status === 'cancelled'
  const name = item.name ?? t('appointments.nobody')
  const action = isCancelled ? (
    <Badge variant="light" color="gray" tt="none" fw={600}>
      {t('appointments.isCancelled')}
    </Badge>
  ) : (
    <Button
      variant="default"
      size="xs"
      aria-label={t('appointments.cancelNamed', {
        name: isolate(name),
        at: formats.time(item.starts_at),
      })}
      onClick={onCancel}
      data-testid={`appointment-cancel-${item.id}`}
    >
      {t('appointments.cancel')}
    </Button>
  )
  return (
    <Row testId={`appointment-${item.id}`} action={action}>
      <Group gap="xs">
        <Text fw={600} td={isCancelled ? 'line-through' : undefined}>
          <bdi dir="ltr">
            {formats.time(item.starts_at)}–{formats.time(item.ends_at)}
          </bdi>
        </Text>
        <Text>
          <bdi>{name}</bdi>
        </Text>
        {item.phone !== null && <PhoneLink phone={item.phone} />}
      </Group>
      {item.note !== '' && (
        <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap' }}>
          {item.note}
        </Text>
      )}
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          {item.made_by === 'assistant'
            ? t('appointments.byAssistant')
            : t('appointments.byPerson', { name: isolate(item.made_by_name ?? '') })}
        </Text>
        {item.lead_id !== null && (
          <Anchor component={Link} to={`/leads/${item.lead_id}`} size="sm">
            {t('appointments.toLead')}
          </Anchor>
        )}
        {item.conversation_id !== null && (
          <Anchor component={Link} to={`/conversations/${item.conversation_id}`} size="sm">
            {t('appointments.toConversation')}
          </Anchor>
        )}
      </Group>
    </Row>
  )
}
