import { ActionIcon, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { BackIcon, NoteIcon } from '../../ui/icons'
import { Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import { PhoneText } from '../../ui/text'
import { Composer } from './composer'
import { ConversationDetails } from './conversation-details'
import { ConversationMessages } from './conversation-messages'
import classes from './conversations.module.css'
import { OwnerBar } from './owner-bar'
import { conversationQuery, type Conversation } from './queries'

interface Props {
  business: ActingBusiness
  conversationId: number
}

/** One conversation with what stands beside it; where there is no room, one at a time. */
export function OpenConversation({ business, conversationId }: Props) {
  const conversation = useQuery(conversationQuery(business.id, conversationId))
  const [hasDetails, setDetails] = useState(false)
  return (
    <>
      <Head
        conversation={conversation.data}
        hasDetails={hasDetails}
        onDetails={() => setDetails((isShown) => !isShown)}
      />
      {conversation.isError && (
        <ErrorNotice error={conversation.error} onRetry={() => void conversation.refetch()} />
      )}
      {conversation.isPending && <Loading />}
      {conversation.data !== undefined && (
        <div className={classes.inside} data-details={hasDetails || undefined}>
          <div className={classes.talk}>
            <OwnerBar business={business} conversation={conversation.data} />
            <ConversationMessages business={business} conversation={conversation.data} />
            {!conversation.data.is_call && (
              <Composer business={business} conversation={conversation.data} />
            )}
          </div>
          <aside className={classes.details}>
            <ConversationDetails business={business} conversation={conversation.data} />
          </aside>
        </div>
      )}
    </>
  )
}

interface HeadProps {
  conversation: Conversation | undefined
  hasDetails: boolean
  onDetails: () => void
}

function Head({ conversation, hasDetails, onDetails }: HeadProps) {
  const { t } = useWords()
  return (
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
      <div className={classes.headText}>
        <Text fw={600} truncate>
          <bdi>{conversation?.contact_name ?? t('conversations.unknown')}</bdi>
        </Text>
        <Text size="sm" c="dimmed">
          {conversation?.status === 'closed'
            ? t('conversations.closed')
            : conversation?.contact_phone != null && (
                <PhoneText phone={conversation.contact_phone} />
              )}
        </Text>
      </div>
      <ActionIcon
        variant={hasDetails ? 'light' : 'subtle'}
        size="lg"
        aria-label={hasDetails ? t('conversations.hideDetails') : t('conversations.details')}
        aria-expanded={hasDetails}
        className={classes.detailsSwitch}
        onClick={onDetails}
        data-testid="details"
      >
        <NoteIcon />
      </ActionIcon>
    </Group>
  )
}
