import { ActionIcon, Button, Group, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { BackIcon, ChatIcon } from '../../ui/icons'
import { MessageThread } from '../../ui/message-thread'
import { EmptyState, Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import { PhoneText } from '../../ui/text'
import classes from './conversations.module.css'
import { messagesQuery, type Conversation } from './queries'

interface Props {
  business: ActingBusiness
  conversationId: number
  /** Missing when it lies further down the list than what was loaded. */
  conversation: Conversation | undefined
}

export function ConversationMessages({ business, conversationId, conversation }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const messages = useInfiniteQuery(messagesQuery(business.id, conversationId))
  const oldestFirst = (messages.data?.pages.flatMap((page) => page.items) ?? []).reverse()
  const newestId = oldestFirst.at(-1)?.id
  const box = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [newestId])

  return (
    <>
      <Group className={classes.head} wrap="nowrap" gap="sm">
        <ActionIcon
          component={Link}
          to="/conversations"
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('conversations.back')}
          className={classes.back}
        >
          <BackIcon isDirectional />
        </ActionIcon>
        {conversation !== undefined && (
          <div className={classes.headText}>
            <Text fw={600} truncate>
              <bdi>{conversation.contact_name ?? t('conversations.unknown')}</bdi>
            </Text>
            <Text size="sm" c="dimmed">
              {conversation.contact_phone !== null && (
                <>
                  <PhoneText phone={conversation.contact_phone} /> ·{' '}
                </>
              )}
              {wordFor('channel', conversation.channel)} ·{' '}
              {t('conversations.promptVersion', { version: conversation.prompt_version })}
            </Text>
          </div>
        )}
      </Group>
      <div className={classes.messages} ref={box} tabIndex={0} role="log">
        {messages.hasNextPage && (
          <Group justify="center" mb="md">
            <Button
              variant="subtle"
              size="xs"
              loading={messages.isFetchingNextPage}
              onClick={() => void messages.fetchNextPage()}
            >
              {t('conversations.older')}
            </Button>
          </Group>
        )}
        {messages.isError && (
          <ErrorNotice error={messages.error} onRetry={() => void messages.refetch()} />
        )}
        {messages.isPending && <Loading />}
        {messages.data !== undefined && oldestFirst.length === 0 && (
          <EmptyState icon={<ChatIcon size={26} />} title={t('conversations.noMessages')} />
        )}
        <MessageThread messages={oldestFirst} timeZone={business.timezone} pointOfView="business" />
      </div>
    </>
  )
}
