import { ActionIcon, Group, Text } from '@mantine/core'
import { isolate, useWordFor, useWords } from '../../i18n'
import { DeleteIcon, EditIcon } from '../../ui/icons'
import { StageBadge } from '../../ui/lead-stages'
import { Ago, PhoneLink } from '../../ui/text'
import classes from './leads.module.css'
import type { Lead } from './queries'

interface Props {
  businessId: number
  leads: Lead[]
  timeZone: string
  onEdit: (lead: Lead) => void
  onDelete: (lead: Lead) => void
}

/** One row for each lead; on a narrow screen the same row folds into lines. */
export function LeadList({ businessId, leads, timeZone, onEdit, onDelete }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  return (
    <ul className={classes.list}>
      {leads.map((lead) => {
        const name = isolate(lead.name)
        return (
          <li key={lead.id} className={classes.row} data-testid={`lead-${lead.id}`}>
            <div className={classes.who}>
              <Text fw={600} lineClamp={2}>
                <bdi>{lead.name}</bdi>
              </Text>
              {lead.note !== '' && (
                <Text size="sm" c="dimmed" lineClamp={2}>
                  <bdi>{lead.note}</bdi>
                </Text>
              )}
            </div>
            <div className={classes.reach}>
              {lead.phone !== null && <PhoneLink phone={lead.phone} />}
              {lead.email !== null && (
                <Text size="sm" c="dimmed" truncate>
                  <bdi dir="ltr">{lead.email}</bdi>
                </Text>
              )}
            </div>
            <div className={classes.status}>
              <StageBadge businessId={businessId} status={lead.status} />
            </div>
            <Text size="sm" c="dimmed" component="div" className={classes.when}>
              {wordFor('leadSource', lead.source)} ·{' '}
              <Ago at={lead.created_at} timeZone={timeZone} />
            </Text>
            <Group gap={4} wrap="nowrap" className={classes.actions}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={t('leads.editNamed', { name })}
                onClick={() => onEdit(lead)}
                data-testid={`lead-edit-${lead.id}`}
              >
                <EditIcon />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="red"
                size="lg"
                aria-label={t('leads.deleteNamed', { name })}
                onClick={() => onDelete(lead)}
                data-testid={`lead-delete-${lead.id}`}
              >
                <DeleteIcon />
              </ActionIcon>
            </Group>
          </li>
        )
      })}
    </ul>
  )
}
