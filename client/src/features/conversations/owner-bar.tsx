import { Button, Group, Text } from '@mantine/core'
import { isolate, useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import type { ActingBusiness } from '../../ui/session'
import classes from './conversations.module.css'
import { useAct, type Conversation } from './queries'

interface Props {
  business: ActingBusiness
  conversation: Conversation
}

/** Says who answers, and why and until when the assistant is silent, with the way to change it. */
export function OwnerBar({ business, conversation }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats(business.timezone)
  const act = useAct(business.id, conversation.id)
  const { takeover } = conversation

  if (takeover === null) {
    return (
      <div className={classes.owner} data-testid="owner" data-owner="assistant">
        <Group justify="space-between" gap="xs" wrap="nowrap">
          <Text size="sm">{t('conversations.assistantAnswers')}</Text>
          <Button
            size="compact-sm"
            variant="light"
            loading={act.isPending}
            onClick={() => act.mutate('takeOver')}
            data-testid="take-over"
          >
            {t('conversations.takeOver')}
          </Button>
        </Group>
        {act.variables === 'handBack' && act.isSuccess && (
          <Text size="xs" c="dimmed" role="status">
            {t('conversations.handedBack')}
          </Text>
        )}
        {act.isError && <ErrorNotice error={act.error} />}
      </div>
    )
  }
  const words = {
    name: isolate(takeover.name ?? wordFor('author', 'person')),
    until: isolate(formats.dateTime(takeover.ends_at)),
    hours: conversation.takeover_hours,
  }
  return (
    <div className={classes.owner} data-testid="owner" data-owner="person">
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="sm" fw={600}>
          {t('conversations.personAnswers', words)}
        </Text>
        <Button
          size="compact-sm"
          variant="light"
          loading={act.isPending}
          onClick={() => act.mutate('handBack')}
          data-testid="hand-back"
        >
          {t('conversations.handBack')}
        </Button>
      </Group>
      <Text size="xs">
        {takeover.reason === 'wrote'
          ? t('conversations.silentWrote', words)
          : t('conversations.silentTookOver', words)}
      </Text>
      {act.isError && <ErrorNotice error={act.error} />}
    </div>
  )
}
