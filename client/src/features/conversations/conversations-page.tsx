import { Chip, Group, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { ChatIcon, SearchIcon } from '../../ui/icons'
import { EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { ConversationList } from './conversation-list'
import classes from './conversations.module.css'
import { EmptyList } from './empty-list'
import { OpenConversation } from './open-conversation'
import { conversationsQuery, FILTERS, type ConversationFilter } from './queries'
import { useKeys } from './use-keys'

const TYPING_MS = 300
const LONGEST_SEARCH = 100

export function ConversationsPage() {
  const { t } = useWords()
  const wordFor = useWordFor()
  const business = useBusiness()
  const navigate = useNavigate()
  const { conversationId } = useParams()
  const openId = conversationId === undefined ? null : Number(conversationId)
  const [filter, setFilter] = useState<ConversationFilter>('open')
  const [words, setWords] = useState('')
  const [searched] = useDebouncedValue(words.trim(), TYPING_MS)
  const conversations = useInfiniteQuery(conversationsQuery(business.id, filter, searched))
  const list = useRef<HTMLElement>(null)
  const search = useRef<HTMLInputElement>(null)
  useKeys({ list, search, onBack: () => void navigate('/conversations') })

  // A conversation that moved between two pages while they were read stands on both.
  const found = conversations.data?.pages.flatMap((page) => page.items) ?? []
  const rows = [...new Map(found.map((row) => [row.id, row])).values()]

  return (
    <>
      <PageTitle title={t('conversations.title')} subtitle={t('conversations.subtitle')} />
      <div className={classes.panes} data-open={openId !== null || undefined}>
        <nav className={classes.list} aria-label={t('conversations.list')} ref={list}>
          <div className={classes.finder}>
            <TextInput
              ref={search}
              type="search"
              size="sm"
              maxLength={LONGEST_SEARCH}
              aria-label={t('conversations.search')}
              placeholder={t('conversations.searchHint')}
              title={t('conversations.keys')}
              leftSection={<SearchIcon size={16} />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
              classNames={{ input: 'maane-any-direction' }}
              data-testid="search"
            />
            <Chip.Group
              multiple={false}
              value={filter}
              onChange={(value) => setFilter(value as ConversationFilter)}
            >
              <Group gap={4} role="group" aria-label={t('conversations.filter')}>
                {FILTERS.map((value) => (
                  <Chip key={value} value={value} size="xs" variant="light">
                    {wordFor('conversationFilter', value)}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          </div>
          {conversations.isError && (
            <ErrorNotice error={conversations.error} onRetry={() => void conversations.refetch()} />
          )}
          {conversations.isPending && <Loading />}
          {conversations.data !== undefined && rows.length === 0 && (
            <EmptyList
              businessId={business.id}
              filter={filter}
              searched={searched}
              onFilter={setFilter}
            />
          )}
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
            <OpenConversation key={openId} business={business} conversationId={openId} />
          )}
        </section>
      </div>
    </>
  )
}
