import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { ChatIcon } from '../../ui/icons'
import { EmptyState, Loading } from '../../ui/page'
import { conversationsQuery, type ConversationFilter } from './queries'

interface Props {
  businessId: number
  filter: ConversationFilter
  searched: string
  onFilter: (filter: ConversationFilter) => void
}

/** What stands where no conversation was found: who closed them all has no empty inbox. */
export function EmptyList({ businessId, filter, searched, onFilter }: Props) {
  const { t } = useWords()
  const icon = <ChatIcon size={26} />
  if (searched !== '' || filter !== 'open') {
    const text = searched === '' ? undefined : t('conversations.searchedNewest')
    return <EmptyState icon={icon} title={t('conversations.emptyFiltered')} text={text} />
  }
  return <NothingOpen businessId={businessId} onClosed={() => onFilter('closed')} />
}

function NothingOpen({ businessId, onClosed }: { businessId: number; onClosed: () => void }) {
  const { t } = useWords()
  const closed = useInfiniteQuery(conversationsQuery(businessId, 'closed', ''))
  const icon = <ChatIcon size={26} />
  if (closed.isError) {
    return <ErrorNotice error={closed.error} onRetry={() => void closed.refetch()} />
  }
  if (closed.isPending) return <Loading />
  if (closed.data.pages.some((page) => page.items.length > 0)) {
    return (
      <EmptyState
        icon={icon}
        title={t('conversations.allClosed')}
        text={t('conversations.allClosedText')}
        action={
          <Button variant="light" onClick={onClosed}>
            {t('conversations.showClosed')}
          </Button>
        }
      />
    )
  }
  return (
    <EmptyState
      icon={icon}
      title={t('conversations.empty')}
      text={t('conversations.emptyText')}
      action={
        <Button component={Link} to="/simulator" variant="light">
          {t('conversations.tryIt')}
        </Button>
      }
    />
  )
}
