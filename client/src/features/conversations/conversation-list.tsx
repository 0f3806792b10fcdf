import { Badge, Group, Text } from '@mantine/core'
import { NavLink } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { Ago, PhoneText } from '../../ui/text'
import classes from './conversations.module.css'
import type { Conversation } from './queries'

interface Props {
  conversations: Conversation[]
  openId: number | null
  timeZone: string
}

export function ConversationList({ conversations, openId, timeZone }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  return (
    <ul className={classes.rows}>
      {conversations.map((conversation) => (
        <li key={conversation.id}>
          <NavLink
            to={`/conversations/${conversation.id}`}
            className={classes.row}
            data-active={conversation.id === openId || undefined}
            data-testid={`conversation-${conversation.id}`}
          >
            <Group justify="space-between" wrap="nowrap" gap="xs">
              <Text fw={600} truncate>
                <bdi>{conversation.contact_name ?? t('conversations.unknown')}</bdi>
              </Text>
              <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }} component="span">
                <Ago
                  key={conversation.last_message_at}
                  at={conversation.last_message_at}
                  timeZone={timeZone}
                />
              </Text>
            </Group>
            <Group justify="space-between" wrap="nowrap" gap="xs">
              <Text size="sm" c="dimmed" component="span">
                {conversation.contact_phone !== null && (
                  <PhoneText phone={conversation.contact_phone} />
                )}
              </Text>
              <Badge size="sm" variant="light" color="gray" tt="none">
                {wordFor('channel', conversation.channel)}
              </Badge>
            </Group>
          </NavLink>
        </li>
      ))}
    </ul>
  )
}
