import { Button, Group, Text } from '@mantine/core'
import { isolate, useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import { ErrorNotice } from '../../ui/error-notice'
import type { ActingBusiness } from '../../ui/session'
import classes from './conversations.module.css'
import { useAct, type Conversation } from './queries'

/** The sentence for each reason that the assistant is silent. */
const SILENCE = {
  wrote: 'silentWrote',
  wrote_elsewhere: 'silentWroteElsewhere',
  handed_over: 'silentHandedOver',
  stopped: 'silentStopped',
  away: 'silentAway',
} as const

function silenceOf({ reason, ends_at }: Takeover) {
  if (reason === 'away' && ends_at === null) return 'silentAwayNoEnd'
  return reason in SILENCE ? SILENCE[reason as keyof typeof SILENCE] : 'silentTookOver'
}

type Takeover = NonNullable<Conversation['takeover']>

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

  const isPersons = takeover !== null
  const verb = isPersons ? 'handBack' : 'takeOver'
  const words = isPersons && {
    name: isolate(takeover.name ?? wordFor('author', 'person')),
    until: isolate(takeover.ends_at === null ? '' : formats.dateTime(takeover.ends_at)),
    hours: conversation.takeover_hours,
  }
  return (
    <div
      className={classes.owner}
      data-testid="owner"
      data-owner={isPersons ? 'person' : 'assistant'}
    >
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="sm" fw={isPersons ? 600 : undefined}>
          {words === false
            ? t('conversations.assistantAnswers')
            : takeover?.reason === 'away'
              ? t('conversations.waiting')
              : t('conversations.personAnswers', words)}
        </Text>
        <Button
          size="compact-sm"
          variant="light"
          loading={act.isPending}
          onClick={() => act.mutate(verb)}
          data-testid={isPersons ? 'hand-back' : 'take-over'}
        >
          {t(`conversations.${verb}`)}
        </Button>
      </Group>
      {takeover !== null && words !== false && (
        <Text size="xs" data-testid="silence">
          {t(`conversations.${silenceOf(takeover)}`, words)}
        </Text>
      )}
      {takeover !== null && takeover.escalated_at !== null && (
        <Text size="xs" fw={600} data-testid="escalated">
          {t('conversations.escalated', {
            at: isolate(formats.dateTime(takeover.escalated_at)),
          })}
        </Text>
      )}
      {takeover !== null && takeover.note !== null && (
        <Text size="xs" data-testid="silence-note">
          {t('conversations.handoverReason')} <bdi>{takeover.note}</bdi>
        </Text>
      )}
      {!isPersons && act.variables === 'handBack' && act.isSuccess && (
        <Text size="xs" c="dimmed" role="status">
          {t('conversations.handedBack')}
        </Text>
      )}
      {act.isError && <ErrorNotice error={act.error} />}
    </div>
  )
}
