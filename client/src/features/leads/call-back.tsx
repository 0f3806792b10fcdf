import {
  Button,
  Checkbox,
  Group,
  Modal,
  NativeSelect,
  Radio,
  Stack,
  Text,
  Title,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { isolate, useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import { CallIcon } from '../../ui/icons'
import { Loading } from '../../ui/page'
import { PhoneText } from '../../ui/text'
import { callBackQuery, useCallBack, type CallBack } from './call-queries'
import type { Lead } from './queries'

interface Props {
  businessId: number
  timeZone: string
  lead: Lead
}

/** Calls a lead, by the assistant or by a person; where no call may be made now, says which rule says so. */
export function CallBackSection({ businessId, timeZone, lead }: Props) {
  const { t } = useWords()
  const standing = useQuery(callBackQuery(businessId, lead.id))
  const [isOpen, setOpen] = useState(false)
  return (
    <section data-testid="call-back">
      <Title order={3} size="h6" mb="xs">
        {t('callBack.title')}
      </Title>
      {standing.isPending && <Loading />}
      {standing.isError && (
        <ErrorNotice error={standing.error} onRetry={() => void standing.refetch()} />
      )}
      {standing.data !== undefined && (
        <Stack gap="xs" align="flex-start">
          <Button
            variant="light"
            size="xs"
            leftSection={<CallIcon size={16} />}
            disabled={standing.data.obstacle !== null}
            onClick={() => setOpen(true)}
            data-testid="call-back-open"
          >
            {t('callBack.call')}
          </Button>
          <Obstacle standing={standing.data} timeZone={timeZone} />
          {isOpen && (
            <CallDialog
              businessId={businessId}
              lead={lead}
              standing={standing.data}
              onClose={() => setOpen(false)}
            />
          )}
        </Stack>
      )}
    </section>
  )
}

/** Why nobody can be called now, and until when; or how many calls are left today. */
function Obstacle({ standing, timeZone }: { standing: CallBack; timeZone: string }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  if (standing.obstacle === null) {
    return (
      <Text size="xs" c="dimmed">
        {t('callBack.left', { number: standing.left_today })}
      </Text>
    )
  }
  return (
    <Text size="sm" role="status" data-testid="call-back-obstacle">
      {wordFor('errors.why', `conflict_${standing.obstacle}`)}{' '}
      {standing.quiet_until === null
        ? wordFor('errors.todo', `conflict_${standing.obstacle}`)
        : t('callBack.until', { at: isolate(formats.dateTime(standing.quiet_until)) })}
    </Text>
  )
}

interface DialogProps {
  businessId: number
  lead: Lead
  standing: CallBack
  onClose: () => void
}

function CallDialog({ businessId, lead, standing, onClose }: DialogProps) {
  const { t } = useWords()
  const navigate = useNavigate()
  const call = useCallBack(businessId, lead.id)
  const { people, has_opted_out: hasOptedOut } = standing
  const [speaker, setSpeaker] = useState<'assistant' | 'person'>(
    hasOptedOut ? 'person' : 'assistant',
  )
  const [number, setNumber] = useState(people[0]?.number ?? '')
  const [isSure, setSure] = useState(false)
  // One key for as long as the dialog is open: pressing twice, or again after a lost answer, is one call.
  const [key] = useState(() => crypto.randomUUID())
  const isPerson = speaker === 'person'
  const isReady = isPerson ? number !== '' && (isSure || !hasOptedOut) : !hasOptedOut
  const start = () =>
    call.mutate(
      {
        idempotency_key: `${key}:${speaker}`,
        speaker,
        person_number: isPerson ? number : null,
        despite_opt_out: isPerson && hasOptedOut && isSure,
      },
      { onSuccess: ({ call: made }) => void navigate(`/calls/${made.id}`) },
    )
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('callBack.dialog', { name: isolate(lead.name) })}
      centered
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack>
        {standing.phone !== null && <PhoneText phone={standing.phone} />}
        <Radio.Group
          label={t('callBack.who')}
          value={speaker}
          onChange={(value) => setSpeaker(value as 'assistant' | 'person')}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="assistant"
              label={t('callBack.assistant')}
              description={hasOptedOut ? t('callBack.optedOut') : t('callBack.assistantText')}
              disabled={hasOptedOut}
              data-testid="call-by-assistant"
            />
            <Radio
              value="person"
              label={t('callBack.person')}
              description={people.length === 0 ? t('callBack.nobody') : t('callBack.personText')}
              disabled={people.length === 0}
              data-testid="call-by-person"
            />
          </Stack>
        </Radio.Group>
        {isPerson && people.length > 0 && (
          <NativeSelect
            label={t('callBack.phone')}
            value={number}
            onChange={(event) => setNumber(event.currentTarget.value)}
            data={people.map((one) => ({
              value: one.number,
              label: `${isolate(one.name)} ${isolate(one.number)}`,
            }))}
            data-testid="call-person"
          />
        )}
        {isPerson && hasOptedOut && (
          <Checkbox
            label={t('callBack.sure')}
            checked={isSure}
            onChange={(event) => setSure(event.currentTarget.checked)}
            data-testid="call-sure"
          />
        )}
        {call.isError && <ErrorNotice error={call.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button
            onClick={start}
            disabled={!isReady}
            loading={call.isPending}
            data-testid="call-now"
          >
            {t('callBack.now')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
