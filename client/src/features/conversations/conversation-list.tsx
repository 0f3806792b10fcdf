import { Badge, Group, Text, VisuallyHidden } from '@mantine/core'
import { NavLink } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { KindIcon } from '../../ui/attachments'
import { CallIcon } from '../../ui/icons'
import { useReadable } from '../../ui/marks'
import { Ago } from '../../ui/text'
import classes from './conversations.module.css'
import type { Conversation } from './queries'

interface Props {
  conversations: Conversation[]
  openId: number | null
  timeZone: string
}

export function ConversationList({ conversations, openId, timeZone }: Props) {
  return (
    <ul className={classes.rows}>
      {conversations.map((conversation) => (
        <li key={conversation.id}>
          <Row
            conversation={conversation}
            isOpen={conversation.id === openId}
            timeZone={timeZone}
          />
        </li>
      ))}
    </ul>
  )
}

interface RowProps {
  conversation: Conversation
  isOpen: boolean
  timeZone: string
}

function Row({ conversation, isOpen, timeZone }: RowProps) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const readable = useReadable()
  const last = conversation.last_message
  const { contact_name: name, contact_phone: phone } = conversation
  return (
    <NavLink
      to={`/conversations/${conversation.id}`}
      className={classes.row}
      data-active={isOpen || undefined}
      data-testid={`conversation-${conversation.id}`}
    >
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Group gap={6} wrap="nowrap" className={classes.name}>
          {conversation.is_unread && (
            <span className={classes.dot} data-testid="unread">
              <VisuallyHidden>{t('conversations.unread')}</VisuallyHidden>
            </span>
          )}
          {conversation.is_call && <CallIcon size={16} />}
          <Text fw={conversation.is_unread ? 700 : 600} truncate>
            <bdi>{name ?? phone ?? t('conversations.unknown')}</bdi>
          </Text>
        </Group>
        <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }} component="span">
          <Ago
            key={conversation.last_message_at}
            at={conversation.last_message_at}
            timeZone={timeZone}
          />
        </Text>
      </Group>
      {last !== null && (
        <Group gap={4} wrap="nowrap" className={classes.preview}>
          {last.author !== 'customer' && <span>{wordFor('author', last.author)}:</span>}
          {/* A block of its own direction, so that what does not fit is cut off at its end. */}
          {last.kind !== null && <KindIcon kind={last.kind} size={16} />}
          <div dir="auto">
            {readable(last.text) || (last.kind !== null && wordFor('attachmentKind', last.kind))}
          </div>
        </Group>
      )}
      <Group gap={4}>
        {conversation.takeover !== null && (
          <Badge size="sm" variant="light" color="blue" tt="none">
            <bdi>{conversation.takeover.name ?? wordFor('author', 'person')}</bdi>
          </Badge>
        )}
        {conversation.is_waiting && (
          <Badge size="sm" variant="light" color="yellow" tt="none">
            {t('conversations.waiting')}
          </Badge>
        )}
        {last?.status === 'failed' && (
          <Badge size="sm" variant="light" color="red" tt="none">
            {wordFor('messageStatus', 'failed')}
          </Badge>
        )}
        {conversation.channel !== 'whatsapp' && (
          <Badge size="sm" variant="light" color="gray" tt="none">
            {wordFor('channel', conversation.channel)}
          </Badge>
        )}
      </Group>
    </NavLink>
  )
}
