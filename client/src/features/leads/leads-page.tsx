import { Button, Chip, Group, Stack } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { isolate, useWordFor, useWords } from '../../i18n'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { ErrorNotice } from '../../ui/error-notice'
import { DownloadIcon, LeadsIcon, PlusIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { useBusiness } from '../../ui/session'
import { LeadForm } from './lead-form'
import { LeadList } from './lead-list'
import {
  LEAD_STATUSES,
  leadsQuery,
  useDeleteLead,
  useExportLeads,
  type Lead,
  type LeadStatus,
} from './queries'

export function LeadsPage() {
  const { t } = useWords()
  const wordFor = useWordFor()
  const business = useBusiness()
  const [status, setStatus] = useState<LeadStatus | null>(null)
  const [edited, setEdited] = useState<Lead | 'new' | null>(null)
  const [doomed, setDoomed] = useState<Lead | null>(null)
  const [receipt, setReceipt] = useState<string | null>(null)
  const leads = useInfiniteQuery(leadsQuery(business.id, status))
  const remove = useDeleteLead(business.id)
  const exportAll = useExportLeads()
  const rows = leads.data?.pages.flatMap((page) => page.items) ?? []

  const openForm = (lead: Lead | 'new') => {
    setReceipt(null)
    setEdited(lead)
  }
  const closeDialog = () => {
    setDoomed(null)
    remove.reset()
  }
  const actions = (
    <Group gap="sm">
      <Button
        variant="default"
        leftSection={<DownloadIcon size={18} />}
        loading={exportAll.isPending}
        onClick={() => exportAll.mutate()}
        data-testid="lead-export"
      >
        {t('leads.export')}
      </Button>
      <Button
        leftSection={<PlusIcon size={18} />}
        onClick={() => openForm('new')}
        data-testid="lead-create"
      >
        {t('leads.create')}
      </Button>
    </Group>
  )

  return (
    <Stack gap="md">
      <PageTitle title={t('leads.title')} subtitle={t('leads.subtitle')} actions={actions} />
      {exportAll.isError && <ErrorNotice error={exportAll.error} />}
      {receipt !== null && <Receipt title={receipt} onClose={() => setReceipt(null)} />}
      <Chip.Group
        multiple={false}
        value={status ?? 'all'}
        onChange={(value) => setStatus(value === 'all' ? null : (value as LeadStatus))}
      >
        <Group gap={6} role="group" aria-label={t('leads.filter')}>
          {['all', ...LEAD_STATUSES].map((value) => (
            <Chip key={value} value={value} size="sm" variant="light">
              {value === 'all' ? t('leads.all') : wordFor('leadStatus', value)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>

      {leads.isError && <ErrorNotice error={leads.error} onRetry={() => void leads.refetch()} />}
      {leads.isPending && <Loading />}
      {leads.data !== undefined && (
        <Card isFlush>
          {rows.length === 0 ? (
            <EmptyState
              icon={<LeadsIcon size={26} />}
              title={status === null ? t('leads.empty') : t('leads.emptyFiltered')}
              text={status === null ? t('leads.emptyText') : undefined}
            />
          ) : (
            <LeadList
              leads={rows}
              timeZone={business.timezone}
              onEdit={openForm}
              onDelete={setDoomed}
            />
          )}
        </Card>
      )}
      <LoadMore
        hasMore={leads.hasNextPage}
        isLoading={leads.isFetchingNextPage}
        onMore={() => void leads.fetchNextPage()}
      />

      {edited !== null && (
        <LeadForm
          businessId={business.id}
          lead={edited === 'new' ? null : edited}
          onSaved={() => {
            setReceipt(edited === 'new' ? t('leads.created') : t('leads.changed'))
            setEdited(null)
          }}
          onClose={() => setEdited(null)}
        />
      )}
      <ConfirmDialog
        isOpen={doomed !== null}
        title={t('leads.deleteTitle')}
        text={t('leads.deleteText', { name: isolate(doomed?.name ?? '') })}
        confirmLabel={t('common.delete')}
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => {
          if (doomed === null) return
          remove.mutate(doomed.id, {
            onSuccess: () => {
              setReceipt(t('leads.deleted'))
              closeDialog()
            },
          })
        }}
        onCancel={closeDialog}
      />
    </Stack>
  )
}
