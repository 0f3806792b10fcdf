import { Alert, Button, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { UserIcon } from '../../ui/icons'
import { StageBadge } from '../../ui/lead-stages'
import type { ActingBusiness } from '../../ui/session'
import { Ago, PhoneLink } from '../../ui/text'
import classes from './board.module.css'
import { duplicatesQuery, useMergeLeads, type Lead } from './queries'

interface Props {
  business: ActingBusiness
  onMerged: () => void
}

/** Says that leads look like one person, and merges two of them at a time. */
export function DuplicatesNotice({ business, onMerged }: Props) {
  const { t } = useWords()
  const [isOpen, setIsOpen] = useState(false)
  const duplicates = useQuery(duplicatesQuery(business.id))
  const merge = useMergeLeads(business.id)
  const [at, setAt] = useState(0)
  const groups = duplicates.data?.items ?? []
  const pairs = groups.flatMap(pairsOf)
  const position = Math.min(at, pairs.length - 1)
  const pair = pairs[position]
  const move = (to: number) => {
    setAt(to)
    merge.reset()
  }
  const close = () => {
    setIsOpen(false)
    move(0)
  }
  const keep = (kept: Lead, other: Lead) =>
    merge.mutate({ keptId: kept.id, otherId: other.id }, { onSuccess: onMerged })

  if (duplicates.isError) return <ErrorNotice error={duplicates.error} />
  return (
    <>
      {pair !== undefined && (
        <Alert color="yellow" variant="light" icon={<UserIcon />} data-testid="duplicates">
          <Group justify="space-between">
            <Text size="sm">{t('leads.duplicates', { count: groups.length })}</Text>
            <Button
              size="xs"
              variant="default"
              onClick={() => setIsOpen(true)}
              data-testid="duplicates-review"
            >
              {t('leads.duplicatesReview')}
            </Button>
          </Group>
        </Alert>
      )}
      <Modal
        opened={isOpen}
        onClose={close}
        size="lg"
        title={t('leads.duplicatesTitle')}
        closeButtonProps={{ 'aria-label': t('common.close') }}
      >
        <Stack>
          {merge.isError && <ErrorNotice error={merge.error} />}
          {pair === undefined ? (
            <Text>{t('leads.noDuplicates')}</Text>
          ) : (
            <>
              <Text size="sm">{t('leads.duplicatesText')}</Text>
              <Text fw={600}>
                {pair.by === 'phone' ? t('leads.samePhone') : t('leads.sameEmail')}
              </Text>
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <Side
                  business={business}
                  lead={pair.first}
                  isPending={merge.isPending}
                  onKeep={() => keep(pair.first, pair.second)}
                />
                <Side
                  business={business}
                  lead={pair.second}
                  isPending={merge.isPending}
                  onKeep={() => keep(pair.second, pair.first)}
                />
              </SimpleGrid>
              {pairs.length > 1 && (
                <Group justify="space-between">
                  <Button
                    variant="default"
                    size="xs"
                    disabled={position === 0}
                    onClick={() => move(position - 1)}
                    data-testid="duplicates-previous"
                  >
                    {t('leads.previousPair')}
                  </Button>
                  <Text size="sm" c="dimmed" role="status">
                    {t('leads.pairOf', { number: position + 1, count: pairs.length })}
                  </Text>
                  <Button
                    variant="default"
                    size="xs"
                    disabled={position === pairs.length - 1}
                    onClick={() => move(position + 1)}
                    data-testid="duplicates-next"
                  >
                    {t('leads.nextPair')}
                  </Button>
                </Group>
              )}
            </>
          )}
        </Stack>
      </Modal>
    </>
  )
}

interface Pair {
  by: string
  first: Lead
  second: Lead
}

/** Any two leads of a group: who shares a number with others need not be the first one's twin. */
function pairsOf({ by, leads }: { by: string; leads: Lead[] }): Pair[] {
  return leads.flatMap((first, index) =>
    leads.slice(index + 1).map((second) => ({ by, first, second })),
  )
}

interface SideProps {
  business: ActingBusiness
  lead: Lead
  isPending: boolean
  onKeep: () => void
}

function Side({ business, lead, isPending, onKeep }: SideProps) {
  const { t } = useWords()
  return (
    <Stack gap={6} className={classes.sides} data-testid={`side-${lead.id}`}>
      <Text fw={600} className={classes.name}>
        <bdi>{lead.name}</bdi>
      </Text>
      <div>
        <StageBadge businessId={business.id} status={lead.status} />
      </div>
      {lead.phone !== null && <PhoneLink phone={lead.phone} />}
      {lead.email !== null && (
        <Text size="sm" className={classes.words}>
          <bdi dir="ltr">{lead.email}</bdi>
        </Text>
      )}
      {lead.note !== '' && (
        <Text size="sm" className={classes.words} dir="auto">
          {lead.note}
        </Text>
      )}
      <Text size="xs" c="dimmed" component="div">
        <Ago at={lead.created_at} timeZone={business.timezone} />
      </Text>
      <Button
        variant="light"
        size="xs"
        disabled={isPending}
        onClick={onKeep}
        data-testid={`keep-${lead.id}`}
      >
        {t('leads.keepThis')}
      </Button>
    </Stack>
  )
}
