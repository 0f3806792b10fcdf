import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { ChatIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { ConversationList } from './conversation-list'
import { ConversationMessages } from './conversation-messages'
import classes from './conversations.module.css'
import { conversationsQuery } from './queries'

export function ConversationsPage() {
  const { t } = useWords()
  const business = useBusiness()
  const { conversationId } = useParams()
  const openId = conversationId === undefined ? null : Number(conversationId)
  const conversations = useInfiniteQuery(conversationsQuery(business.id))
  const rows = conversations.data?.pages.flatMap((page) => page.items) ?? []
  const open = rows.find((row) => row.id === openId)

  if (conversations.data !== undefined && rows.length === 0) {
    return (
      <>
        <PageTitle title={t('conversations.title')} subtitle={t('conversations.subtitle')} />
        <Card>
          <EmptyState
            icon={<ChatIcon size={26} />}
            title={t('conversations.empty')}
            text={t('conversations.emptyText')}
            action={
              <Button component={Link} to="/simulator" variant="light">
                {t('conversations.tryIt')}
              </Button>
            }
          />
        </Card>
      </>
    )
  }
  return (
    <>
      <PageTitle title={t('conversations.title')} subtitle={t('conversations.subtitle')} />
      {conversations.isError && (
        <ErrorNotice error={conversations.error} onRetry={() => void conversations.refetch()} />
      )}
      {conversations.isPending && <Loading />}
      {conversations.data !== undefined && (
        <div className={classes.panes} data-open={openId !== null || undefined}>
          <nav className={classes.list} aria-label={t('conversations.list')}>
            <ConversationList conversations={rows} openId={openId} timeZone={business.timezone} />
            <LoadMore
              hasMore={conversations.hasNextPage}
              isLoading={conversations.isFetchingNextPage}
              onMore={() => void conversations.fetchNextPage()}
            />
          </nav>
          <section className={classes.thread} aria-label={t('conversations.messages')}>
            {openId === null || !Number.isSafeInteger(openId) ? (
              <EmptyState
                icon={<ChatIcon size={26} />}
                title={t('conversations.choose')}
                text={t('conversations.chooseText')}
              />
            ) : (
              <ConversationMessages
                key={openId}
                business={business}
                conversationId={openId}
                conversation={open}
              />
            )}
          </section>
        </div>
      )}
    </>
  )
}
