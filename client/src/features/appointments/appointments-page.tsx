import { Button, Tabs } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { useWords } from '../../i18n'
import { PlusIcon } from '../../ui/icons'
import { PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { AppointmentForm } from './appointment-form'
import { AvailabilityCard } from './availability-editor'
import { Calendar } from './calendar'

/** Who comes when, and when customers can have an appointment. */
export function AppointmentsPage() {
  const { t } = useWords()
  const business = useBusiness()
  const [search, setSearch] = useSearchParams()
  const [isAdding, setIsAdding] = useState(false)
  const [receipt, setReceipt] = useState<string | null>(null)
  // A lead's page leads here to book for that lead.
  const named = Number(search.get('lead'))
  const leadId = Number.isSafeInteger(named) && named > 0 ? named : null
  const tab = search.get('tab') === 'times' ? 'times' : 'calendar'

  const close = () => {
    setIsAdding(false)
    if (leadId !== null) setSearch({}, { replace: true })
  }
  return (
    <>
      <PageTitle
        title={t('appointments.title')}
        subtitle={t('appointments.subtitle')}
        actions={
          <Button
            leftSection={<PlusIcon size={18} />}
            onClick={() => {
              setReceipt(null)
              setIsAdding(true)
            }}
            data-testid="appointment-create"
          >
            {t('appointments.create')}
          </Button>
        }
      />
      <Tabs
        value={tab}
        onChange={(chosen) => setSearch(chosen === 'times' ? { tab: 'times' } : {})}
      >
        <Tabs.List mb="lg">
          <Tabs.Tab value="calendar">{t('appointments.calendar')}</Tabs.Tab>
          <Tabs.Tab value="times" data-testid="appointment-times">
            {t('appointments.times')}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="calendar">
          <Calendar business={business} receipt={receipt} onReceipt={setReceipt} />
        </Tabs.Panel>
        <Tabs.Panel value="times">
          <AvailabilityCard businessId={business.id} />
        </Tabs.Panel>
      </Tabs>
      {(isAdding || leadId !== null) && (
        <AppointmentForm
          business={business}
          leadId={leadId}
          onBooked={() => {
            setReceipt(t('appointments.booked'))
            close()
          }}
          onClose={close}
        />
      )}
    </>
  )
}
