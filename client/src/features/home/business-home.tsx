import { Anchor, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { ChatIcon, LeadsIcon, PhoneIcon, PromptIcon } from '../../ui/icons'
import { Card, EmptyState, Loading } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import { StageBadge } from '../../ui/lead-stages'
import { Ago, PhoneLink } from '../../ui/text'
import { AssistantState } from './assistant-state'
import classes from './home.module.css'
import { newestLeadsQuery } from './queries'

export function BusinessHome({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  return (
    <Stack gap="lg">
      <AssistantState business={business} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" className={classes.columns}>
        <NewestLeads business={business} />
        <section aria-label={t('home.shortcuts')}>
          <Text fw={600} mb="sm" component="h2">
            {t('home.shortcuts')}
          </Text>
          <Stack gap="sm">
            <Shortcut
              to="/simulator"
              icon={<PhoneIcon />}
              title={t('home.tryIt')}
              text={t('home.tryItText')}
            />
            <Shortcut
              to="/prompts"
              icon={<PromptIcon />}
              title={t('home.editPrompts')}
              text={t('home.editPromptsText')}
            />
            <Shortcut
              to="/conversations"
              icon={<ChatIcon />}
              title={t('home.readConversations')}
              text={t('home.readConversationsText')}
            />
          </Stack>
        </section>
      </SimpleGrid>
    </Stack>
  )
}

interface ShortcutProps {
  to: string
  icon: ReactNode
  title: string
  text: string
}

function Shortcut({ to, icon, title, text }: ShortcutProps) {
  return (
    <Link to={to} className={classes.shortcut}>
      <Group wrap="nowrap" gap="sm">
        <span className={classes.shortcutIcon}>{icon}</span>
        <div>
          <Text fw={600}>{title}</Text>
          <Text size="sm" c="dimmed">
            {text}
          </Text>
        </div>
      </Group>
    </Link>
  )
}

function NewestLeads({ business }: { business: ActingBusiness }) {
  const { t } = useWords()
  const leads = useQuery(newestLeadsQuery(business.id))
  return (
    <section aria-label={t('home.newestLeads')}>
      <Group justify="space-between" mb="sm">
        <Text fw={600} component="h2">
          {t('home.newestLeads')}
        </Text>
        <Anchor component={Link} to="/leads" size="sm">
          {t('home.allLeads')}
        </Anchor>
      </Group>
      {leads.isError && <ErrorNotice error={leads.error} onRetry={() => void leads.refetch()} />}
      {leads.isPending && <Loading />}
      {leads.data !== undefined && (
        <Card isFlush>
          {leads.data.items.length === 0 ? (
            <EmptyState
              icon={<LeadsIcon size={26} />}
              title={t('home.noLeads')}
              text={t('home.noLeadsText')}
            />
          ) : (
            <ul className={classes.list}>
              {leads.data.items.map((lead) => (
                <li key={lead.id} className={classes.lead}>
                  <div className={classes.leadText}>
                    <Text fw={600} truncate>
                      <bdi>{lead.name}</bdi>
                    </Text>
                    <Text size="sm" c="dimmed" component="div">
                      {lead.phone !== null && (
                        <>
                          <PhoneLink phone={lead.phone} /> ·{' '}
                        </>
                      )}
                      <Ago at={lead.created_at} timeZone={business.timezone} />
                    </Text>
                  </div>
                  <StageBadge businessId={business.id} status={lead.status} />
                </li>
              ))}
            </ul>
          )}
        </Card>
      )}
    </section>
  )
}
