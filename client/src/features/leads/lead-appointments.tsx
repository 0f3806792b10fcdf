import { Anchor, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { leadAppointmentsQuery } from './queries'

interface Props {
  businessId: number
  leadId: number
  timeZone: string
}

/** When this lead comes and came, and the way to book once more. */
export function LeadAppointments({ businessId, leadId, timeZone }: Props) {
  const { t } = useWords()
  const formats = useFormats(timeZone)
  const list = useQuery(leadAppointmentsQuery(businessId, leadId))
  return (
    <>
      <Title order={3} size="h6">
        {t('leads.appointments')}
      </Title>
      {list.isError && <ErrorNotice error={list.error} />}
      {list.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('leads.noAppointments')}
        </Text>
      )}
      {list.data?.items.map((item) => (
        <Text key={item.id} size="sm" data-testid={`lead-appointment-${item.id}`}>
          {formats.dateTime(item.starts_at)}
          {item.status === 'cancelled' && ` (${t('leads.appointmentCancelled')})`}
        </Text>
      ))}
      <Anchor component={Link} to={`/appointments?lead=${leadId}`} size="sm">
        {t('leads.bookAppointment')}
      </Anchor>
    </>
  )
}
