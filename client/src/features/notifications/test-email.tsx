import { Alert, Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { Card } from '../../ui/page'
import { useTestEmail } from './queries'

/** Sends a test to a saved address and shows what the mail server said, word by word. */
export function TestEmail({ emails }: { emails: string[] }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const [chosen, setChosen] = useState(emails[0] ?? '')
  const test = useTestEmail()
  const email = emails.includes(chosen) ? chosen : (emails[0] ?? '')
  const isAccepted = test.data?.result === 'accepted'
  return (
    <Card>
      <Stack gap="md">
        <div>
          <Title order={2} size="h4">
            {t('notifications.test')}
          </Title>
          <Text c="dimmed" size="sm">
            {emails.length === 0 ? t('notifications.testNone') : t('notifications.testText')}
          </Text>
        </div>
        {test.isError && <ErrorNotice error={test.error} />}
        {test.data !== undefined && (
          <Alert
            color={isAccepted ? 'green' : 'red'}
            role={isAccepted ? 'status' : 'alert'}
            title={
              isAccepted
                ? t('notifications.testAccepted')
                : wordFor('deliveryReason', test.data.result)
            }
            data-testid="test-email-result"
          >
            {test.data.answer !== null && <bdi dir="ltr">{test.data.answer}</bdi>}
          </Alert>
        )}
        {emails.length > 0 && (
          <Group align="flex-end" gap="sm">
            <NativeSelect
              label={t('notifications.testTo')}
              data={emails}
              value={email}
              onChange={(event) => setChosen(event.currentTarget.value)}
              style={{ flex: '1 1 14rem' }}
            />
            <Button
              variant="default"
              loading={test.isPending}
              onClick={() => test.mutate(email)}
              data-testid="test-email"
            >
              {t('notifications.testSend')}
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  )
}
