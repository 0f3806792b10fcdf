import { Alert, SimpleGrid, Stack, Tabs, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { WarningIcon } from '../../ui/icons'
import { Card, PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { CallPanel } from './call-panel'
import { PhoneScreen } from './phone-screen'
import { assistantQuery } from './queries'
import classes from './simulator.module.css'

const FIRST_NUMBER = '052-555-0101'

export function SimulatorPage() {
  const { t } = useWords()
  const business = useBusiness()
  const assistant = useQuery(assistantQuery(business.id))
  const [phone, setPhone] = useState(FIRST_NUMBER)
  const [name, setName] = useState('')
  const [way, setWay] = useState<string | null>('written')
  const notice = (
    <>
      {assistant.data !== undefined && !assistant.data.model.is_connected && (
        <Alert
          color="yellow"
          variant="light"
          icon={<WarningIcon />}
          data-testid="simulator-no-model"
        >
          {t('simulator.noModel')}
        </Alert>
      )}
      {assistant.isError && <ErrorNotice error={assistant.error} />}
    </>
  )

  return (
    <>
      <PageTitle title={t('simulator.title')} subtitle={t('simulator.subtitle')} />
      <Tabs value={way} onChange={setWay} keepMounted={false}>
        <Tabs.List aria-label={t('simulator.way')} mb="md">
          <Tabs.Tab value="written">{t('simulator.written')}</Tabs.Tab>
          <Tabs.Tab value="call" data-testid="simulator-call">
            {t('simulator.callTab')}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="call">
          <CallPanel business={business} phone={phone} onPhone={setPhone} notice={notice} />
        </Tabs.Panel>
        <Tabs.Panel value="written">
          <div className={classes.columns}>
            <Stack gap="md">
              {notice}
              <Card>
                <SimpleGrid cols={2}>
                  <TextInput
                    label={t('simulator.from')}
                    type="tel"
                    dir="ltr"
                    autoComplete="off"
                    value={phone}
                    onChange={(event) => setPhone(event.currentTarget.value)}
                    data-testid="simulator-from"
                  />
                  <TextInput
                    label={t('simulator.name')}
                    autoComplete="off"
                    placeholder={t('common.optional')}
                    value={name}
                    onChange={(event) => setName(event.currentTarget.value)}
                    data-testid="simulator-name"
                  />
                </SimpleGrid>
              </Card>
            </Stack>
            <PhoneScreen business={business} phone={phone} name={name} />
          </div>
        </Tabs.Panel>
      </Tabs>
    </>
  )
}
