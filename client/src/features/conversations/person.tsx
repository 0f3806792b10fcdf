import { Anchor, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { leadQuery, StageBadge } from '../../ui/lead-stages'
import type { ActingBusiness } from '../../ui/session'
import { Ago, PhoneLink } from '../../ui/text'
import classes from './conversations.module.css'
import { POLL_MS, relatedQuery, type Conversation } from './queries'

interface Props {
  business: ActingBusiness
  conversation: Conversation
}

/** Who this is: their lead, and where else they spoke with the business. */
export function Person({ business, conversation }: Props) {
  const { t } = useWords()
  return (
    <>
      <section>
        <Title order={3} size="h6" mb={4}>
          {t('conversations.lead')}
        </Title>
        {conversation.lead_id === null ? (
          <Text size="sm" c="dimmed">
            {t('conversations.noLead')}
          </Text>
        ) : (
          <LeadCard business={business} leadId={conversation.lead_id} />
        )}
      </section>
      <Related business={business} conversationId={conversation.id} />
    </>
  )
}

function LeadCard({ business, leadId }: { business: ActingBusiness; leadId: number }) {
  const { t } = useWords()
  const lead = useQuery({ ...leadQuery(business.id, leadId), refetchInterval: POLL_MS })
  if (lead.isError) return <ErrorNotice error={lead.error} />
  if (lead.data === undefined) return null
  return (
    <Stack gap={4} data-testid="conversation-lead">
      <Group gap="xs">
        <Text size="sm" fw={600}>
          <bdi>{lead.data.name}</bdi>
        </Text>
        <StageBadge businessId={business.id} status={lead.data.status} />
      </Group>
      {lead.data.phone !== null && <PhoneLink phone={lead.data.phone} />}
      {lead.data.note !== '' && (
        <Text size="sm" className={classes.words}>
          <bdi>{lead.data.note}</bdi>
        </Text>
      )}
      <Anchor component={Link} to={`/leads/${leadId}`} size="sm">
        {t('conversations.toLead')}
      </Anchor>
    </Stack>
  )
}

function Related({
  business,
  conversationId,
}: {
  business: ActingBusiness
  conversationId: number
}) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const related = useQuery(relatedQuery(business.id, conversationId))
  const others = related.data?.items ?? []
  return (
    <section data-testid="related">
      <Title order={3} size="h6" mb={4}>
        {t('conversations.related')}
      </Title>
      {related.isError && <ErrorNotice error={related.error} />}
      {related.data !== undefined && others.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('conversations.noRelated')}
        </Text>
      )}
      <ul className={classes.notes}>
        {others.map((other) => (
          <li key={other.id}>
            <Anchor
              component={Link}
              to={`/conversations/${other.id}`}
              size="sm"
              className={classes.related}
              data-testid={`related-${other.id}`}
            >
              <span>
                {wordFor('channel', other.channel)} ·{' '}
                <Ago at={other.last_message_at} timeZone={business.timezone} />
              </span>
              {other.last_message !== null && (
                <Text size="sm" c="dimmed" dir="auto" lineClamp={2}>
                  {other.last_message.text}
                </Text>
              )}
            </Anchor>
          </li>
        ))}
      </ul>
    </section>
  )
}
