import { Button, Group, Loader, Stack, Text, Title } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { isolate, useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { ErrorNotice } from '../../ui/error-notice'
import { DeleteIcon } from '../../ui/icons'
import { Card } from '../../ui/page'
import {
  useDeleteRecording,
  useFetchRecording,
  type Call,
  type Recording as RecordingShape,
} from './queries'

interface Props {
  businessId: number
  timeZone: string
  call: Call
  recording: RecordingShape | null
}

/** What was recorded of a call, to play and to delete; or why there is nothing. */
export function Recording(props: Props) {
  const { t } = useWords()
  return (
    <section aria-labelledby="recording-title" data-testid="recording">
      <Title order={2} size="h4" id="recording-title" mb="xs">
        {t('recording.title')}
      </Title>
      <Card>
        {props.recording === null ? (
          <Text c="dimmed" size="sm">
            <NoRecording call={props.call} />
          </Text>
        ) : (
          <Known {...props} recording={props.recording} />
        )}
      </Card>
    </section>
  )
}

function NoRecording({ call }: { call: Call }) {
  const { t } = useWords()
  if (call.is_simulated) return t('recording.simulated')
  if (!call.is_recorded) return t('recording.off')
  if (call.ended_at === null) return t('recording.now')
  const isUnanswered = call.answered_at === null && call.end_reason !== 'dial_unreported'
  return isUnanswered ? t('recording.unanswered') : t('recording.untold')
}

function Known({ businessId, timeZone, call, recording }: Props & { recording: RecordingShape }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(timeZone)
  const fetchAgain = useFetchRecording(businessId, call.id)
  const { status, reason } = recording
  const why = reason === null ? null : wordFor('attachmentReason', reason)
  if (status === 'stored') {
    return <Stored businessId={businessId} call={call} recording={recording} />
  }
  if (status === 'deleted') {
    return (
      <Text size="sm" data-testid="recording-deleted">
        {t('recording.deleted', {
          name: isolate(recording.deleted_by ?? ''),
          at: isolate(formats.dateTime(recording.deleted_at ?? '')),
        })}
        {recording.is_at_provider && ` ${t('recording.atProvider')}.`}
      </Text>
    )
  }
  if (status === 'waiting') {
    return (
      <Group gap="xs" role="status">
        <Loader size={16} />
        <Text size="sm">
          {t('recording.waiting')} {why}
        </Text>
      </Group>
    )
  }
  return (
    <Stack gap="xs" align="flex-start">
      <Text size="sm" role="status" data-testid="recording-lost">
        {status === 'absent' ? t('recording.absent') : t('recording.failed')} {why}
      </Text>
      {fetchAgain.isError && <ErrorNotice error={fetchAgain.error} />}
      <Group gap="xs">
        <Button
          size="xs"
          variant="light"
          loading={fetchAgain.isPending}
          onClick={() => fetchAgain.mutate()}
          data-testid="recording-again"
        >
          {t('recording.again')}
        </Button>
        <DeleteButton businessId={businessId} call={call} />
      </Group>
    </Stack>
  )
}

function Stored({
  businessId,
  call,
  recording,
}: {
  businessId: number
  call: Call
  recording: RecordingShape
}) {
  const { t } = useWords()
  const formats = useFormats()
  const about: ReactNode[] = [
    recording.duration_s === null ? null : formats.clock(recording.duration_s),
    recording.size === null ? null : formats.bytes(recording.size),
  ]
  return (
    <Stack gap="xs" align="flex-start">
      <audio
        controls
        preload="metadata"
        src={`/api/business/current/calls/${call.id}/recording`}
        aria-label={t('recording.title')}
        style={{ inlineSize: '100%' }}
        data-testid="recording-audio"
      />
      <Text size="xs" c="dimmed">
        {about.filter((part) => part !== null).join(' · ')}
        {recording.is_at_provider && ` · ${t('recording.atProvider')}`}
      </Text>
      <DeleteButton businessId={businessId} call={call} />
    </Stack>
  )
}

function DeleteButton({ businessId, call }: { businessId: number; call: Call }) {
  const { t } = useWords()
  const remove = useDeleteRecording(businessId, call.id)
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button
        size="xs"
        variant="outline"
        color="red.9"
        leftSection={<DeleteIcon size={16} />}
        onClick={() => setAsking(true)}
        data-testid="recording-delete"
      >
        {t('recording.delete')}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title={t('recording.deleteTitle')}
        text={t('recording.deleteText')}
        confirmLabel={t('common.delete')}
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: () => setAsking(false) })}
        onCancel={() => setAsking(false)}
      />
    </>
  )
}
