import { Button, Group } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { ChatIcon } from '../../ui/icons'
import { MessageThread } from '../../ui/message-thread'
import { EmptyState, Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import classes from './conversations.module.css'
import { messagesQuery, useMarkRead, type Conversation } from './queries'

interface Props {
  business: ActingBusiness
  conversation: Conversation
}

/** What was said, the newest below; who looks at it has read it. */
export function ConversationMessages({ business, conversation }: Props) {
  const { t } = useWords()
  const messages = useInfiniteQuery(messagesQuery(business.id, conversation.id))
  const { mutate: markRead } = useMarkRead(business.id, conversation.id)
  const oldestFirst = (messages.data?.pages.flatMap((page) => page.items) ?? []).reverse()
  const newestId = oldestFirst.at(-1)?.id
  const isUnread = conversation.is_unread
  const box = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [newestId])

  useEffect(() => {
    if (isUnread && newestId !== undefined) markRead(newestId)
  }, [isUnread, newestId, markRead])

  return (
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
  )
}
