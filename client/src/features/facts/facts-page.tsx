import { ActionIcon, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { isolate, useWordFor, useWords } from '../../i18n'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { ErrorNotice } from '../../ui/error-notice'
import { DeleteIcon, EditIcon, FactsIcon, PlusIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, PageTitle } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { Row, RowList } from '../../ui/row-list'
import { useBusiness } from '../../ui/session'
import { FactForm } from './fact-form'
import { FACT_KINDS, factsQuery, useDeleteFact, type Fact } from './queries'

/** What the assistant may tell customers, by kind. */
export function FactsPage() {
  const { t } = useWords()
  const wordFor = useWordFor()
  const business = useBusiness()
  const [edited, setEdited] = useState<Fact | 'new' | null>(null)
  const [doomed, setDoomed] = useState<Fact | null>(null)
  const [receipt, setReceipt] = useState<string | null>(null)
  const facts = useQuery(factsQuery(business.id))
  const remove = useDeleteFact(business.id)
  const rows = facts.data?.items ?? []

  const openForm = (fact: Fact | 'new') => {
    setReceipt(null)
    setEdited(fact)
  }
  const closeDialog = () => {
    setDoomed(null)
    remove.reset()
  }

  return (
    <Stack gap="md">
      <PageTitle
        title={t('facts.title')}
        subtitle={t('facts.subtitle')}
        actions={
          <Button
            leftSection={<PlusIcon size={18} />}
            onClick={() => openForm('new')}
            data-testid="fact-create"
          >
            {t('facts.create')}
          </Button>
        }
      />
      {receipt !== null && <Receipt title={receipt} onClose={() => setReceipt(null)} />}
      {facts.isError && <ErrorNotice error={facts.error} onRetry={() => void facts.refetch()} />}
      {facts.isPending && <Loading />}
      {facts.data !== undefined && rows.length === 0 && (
        <Card isFlush>
          <EmptyState
            icon={<FactsIcon size={26} />}
            title={t('facts.empty')}
            text={t('facts.emptyText')}
          />
        </Card>
      )}
      {FACT_KINDS.map((kind) => {
        const ofKind = rows.filter((fact) => fact.kind === kind)
        return (
          ofKind.length > 0 && (
            <Stack key={kind} gap="xs" data-testid={`facts-${kind}`}>
              <Title order={2} size="h5">
                {wordFor('factKind', kind)}
              </Title>
              <Card isFlush>
                <RowList>
                  {ofKind.map((fact) => (
                    <FactRow
                      key={fact.id}
                      fact={fact}
                      onEdit={() => openForm(fact)}
                      onDelete={() => setDoomed(fact)}
                    />
                  ))}
                </RowList>
              </Card>
            </Stack>
          )
        )
      })}

      {edited !== null && (
        <FactForm
          businessId={business.id}
          fact={edited === 'new' ? null : edited}
          onSaved={() => {
            setReceipt(edited === 'new' ? t('facts.created') : t('facts.changed'))
            setEdited(null)
          }}
          onClose={() => setEdited(null)}
        />
      )}
      <ConfirmDialog
        isOpen={doomed !== null}
        title={t('facts.deleteTitle')}
        text={t('facts.deleteText', { name: isolate(doomed?.title ?? '') })}
        confirmLabel={t('common.delete')}
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => {
          if (doomed === null) return
          remove.mutate(doomed.id, {
            onSuccess: () => {
              setReceipt(t('facts.deleted'))
              closeDialog()
            },
          })
        }}
        onCancel={closeDialog}
      />
    </Stack>
  )
}

interface RowProps {
  fact: Fact
  onEdit: () => void
  onDelete: () => void
}

function FactRow({ fact, onEdit, onDelete }: RowProps) {
  const { t } = useWords()
  const name = isolate(fact.title)
  const actions = (
    <Group gap={4} wrap="nowrap">
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('facts.editNamed', { name })}
        onClick={onEdit}
        data-testid={`fact-edit-${fact.id}`}
      >
        <EditIcon />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="red"
        size="lg"
        aria-label={t('facts.deleteNamed', { name })}
        onClick={onDelete}
        data-testid={`fact-delete-${fact.id}`}
      >
        <DeleteIcon />
      </ActionIcon>
    </Group>
  )
  return (
    <Row testId={`fact-${fact.id}`} action={actions}>
      <Text fw={600}>
        <bdi>{fact.title}</bdi>
      </Text>
      <Text size="sm" c="dimmed" dir="auto" style={{ whiteSpace: 'pre-wrap' }}>
        {fact.text}
      </Text>
    </Row>
  )
}
