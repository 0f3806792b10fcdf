import { ActionIcon, Badge, Group, Menu, Text, Title, VisuallyHidden } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type DragEvent } from 'react'
import { isolate, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { DeleteIcon, EditIcon, MoreIcon } from '../../ui/icons'
import { useStageName, type Stage } from '../../ui/lead-stages'
import { Loading, LoadMore } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import { Ago, PhoneLink } from '../../ui/text'
import classes from './board.module.css'
import { leadsQuery, useMoveLead, type Lead } from './queries'

/** The server stops counting here. */
const COUNTED = 1000

interface Acts {
  onEdit: (lead: Lead) => void
  onDelete: (lead: Lead) => void
}

interface Props extends Acts {
  business: ActingBusiness
  stages: Stage[]
}

/**
 * A column for each stage. A card is dragged with the mouse, or moved from its menu, which the
 * keyboard and touch use. While a move is under way the card stands where it goes; refused, it is
 * back where it was.
 */
export function LeadBoard({ business, stages, onEdit, onDelete }: Props) {
  const { t } = useWords()
  const nameOf = useStageName()
  const move = useMoveLead(business.id)
  const [dragged, setDragged] = useState<Lead | null>(null)
  const moving = move.isPending ? move.variables : null
  const moved = move.isSuccess ? move.variables : null
  const movedTo = stages.find(({ key }) => key === moved?.status)

  const moveTo = (lead: Lead, status: string) => {
    setDragged(null)
    if (lead.status !== status && !move.isPending) move.mutate({ lead, status })
  }

  return (
    <>
      {move.isError && <ErrorNotice error={move.error} />}
      <VisuallyHidden role="status">
        {moved !== null &&
          movedTo !== undefined &&
          t('leads.moved', {
            name: isolate(moved.lead.name),
            stage: isolate(nameOf(movedTo.key, movedTo.name)),
          })}
      </VisuallyHidden>
      <div className={classes.board} data-testid="board">
        {stages.map((stage) => (
          <Column
            key={stage.key}
            business={business}
            stage={stage}
            stages={stages}
            moving={moving}
            movedId={(moving ?? moved)?.lead.id ?? null}
            isTarget={dragged !== null && dragged.status !== stage.key}
            onDrag={setDragged}
            onDrop={() => dragged !== null && moveTo(dragged, stage.key)}
            onMove={moveTo}
            onEdit={onEdit}
            onDelete={onDelete}
          />
        ))}
      </div>
    </>
  )
}

interface ColumnProps extends Acts {
  business: ActingBusiness
  stage: Stage
  stages: Stage[]
  moving: { lead: Lead; status: string } | null
  /** The lead whose card takes the keyboard's focus along when it changes its column. */
  movedId: number | null
  isTarget: boolean
  onDrag: (lead: Lead | null) => void
  onDrop: () => void
  onMove: (lead: Lead, status: string) => void
}

function Column(props: ColumnProps) {
  const { business, stage, moving, isTarget } = props
  const { t } = useWords()
  const nameOf = useStageName()
  const [isOver, setIsOver] = useState(false)
  const leads = useInfiniteQuery(leadsQuery(business.id, stage.key))
  const read = leads.data?.pages.flatMap((page) => page.items) ?? []
  const others = read.filter(({ id }) => id !== moving?.lead.id)
  const rows = moving?.status === stage.key ? [moving.lead, ...others] : others
  const name = nameOf(stage.key, stage.name)
  const count = stage.leads >= COUNTED ? `${COUNTED}+` : String(stage.leads)

  const over = (event: DragEvent) => {
    if (!isTarget) return
    // Without it the browser takes no drop here.
    event.preventDefault()
    setIsOver(true)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setIsOver(false)
    props.onDrop()
  }

  return (
    <section
      className={classes.column}
      aria-label={t('leads.column', { name: isolate(name), count })}
      data-over={(isOver && isTarget) || undefined}
      onDragOver={over}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
      data-testid={`column-${stage.key}`}
    >
      <Group justify="space-between" wrap="nowrap" px={4} mb="xs">
        <Title order={2} size="h6">
          <bdi>{name}</bdi>
        </Title>
        <Badge variant="light" color="gray" data-testid={`count-${stage.key}`}>
          {count}
        </Badge>
      </Group>
      {leads.isError && <ErrorNotice error={leads.error} onRetry={() => void leads.refetch()} />}
      {leads.isPending && <Loading />}
      {leads.data !== undefined && rows.length === 0 && (
        <Text size="sm" c="dimmed" ta="center" py="md">
          {t('leads.columnEmpty')}
        </Text>
      )}
      <ul className={classes.cards}>
        {rows.map((lead) => (
          <Card key={lead.id} lead={lead} {...props} />
        ))}
      </ul>
      <LoadMore
        hasMore={leads.hasNextPage}
        isLoading={leads.isFetchingNextPage}
        onMore={() => void leads.fetchNextPage()}
      />
    </section>
  )
}

function Card({ lead, ...props }: ColumnProps & { lead: Lead }) {
  const { t } = useWords()
  const nameOf = useStageName()
  const name = isolate(lead.name)
  const isMoving = props.moving?.lead.id === lead.id
  const start = (event: DragEvent) => {
    event.dataTransfer.effectAllowed = 'move'
    // Firefox drags only what carries something.
    event.dataTransfer.setData('text/plain', String(lead.id))
    props.onDrag(lead)
  }
  return (
    <li
      className={classes.card}
      draggable={props.moving === null}
      onDragStart={start}
      onDragEnd={() => props.onDrag(null)}
      data-moving={isMoving || undefined}
      data-testid={`card-${lead.id}`}
    >
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap={4}>
        <Text fw={600} lineClamp={2} className={classes.name}>
          <bdi>{lead.name}</bdi>
        </Text>
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              autoFocus={props.movedId === lead.id}
              aria-label={t('leads.moveNamed', { name })}
              data-testid={`lead-move-${lead.id}`}
            >
              <MoreIcon />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{t('leads.moveTo')}</Menu.Label>
            {props.stages
              .filter(({ key }) => key !== lead.status)
              .map((stage) => (
                <Menu.Item
                  key={stage.key}
                  disabled={props.moving !== null}
                  onClick={() => props.onMove(lead, stage.key)}
                  data-testid={`move-${lead.id}-${stage.key}`}
                >
                  <bdi>{nameOf(stage.key, stage.name)}</bdi>
                </Menu.Item>
              ))}
            <Menu.Divider />
            <Menu.Item
              leftSection={<EditIcon size={16} />}
              onClick={() => props.onEdit(lead)}
              data-testid={`lead-edit-${lead.id}`}
            >
              {t('common.edit')}
            </Menu.Item>
            <Menu.Item
              color="red"
              leftSection={<DeleteIcon size={16} />}
              onClick={() => props.onDelete(lead)}
            >
              {t('common.delete')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      {lead.phone !== null && <PhoneLink phone={lead.phone} />}
      {lead.note !== '' && (
        <Text size="sm" c="dimmed" lineClamp={2}>
          <bdi>{lead.note}</bdi>
        </Text>
      )}
      <Text size="xs" c="dimmed" component="div">
        <Ago at={lead.created_at} timeZone={props.business.timezone} />
      </Text>
    </li>
  )
}
