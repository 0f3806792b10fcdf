import { Button, Chip, Group, Stack } from '@mantine/core'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { isolate, useWords } from '../../i18n'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { ErrorNotice } from '../../ui/error-notice'
import { DownloadIcon, LeadsIcon, PlusIcon, SettingsIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { leadQuery, stagesQuery, useStageName } from '../../ui/lead-stages'
import { Receipt } from '../../ui/receipt'
import { useBusiness } from '../../ui/session'
import { DuplicatesNotice } from './duplicates'
import { LeadBoard } from './lead-board'
import { LeadForm } from './lead-form'
import { LeadList } from './lead-list'
import { leadsQuery, useDeleteLead, useExportLeads, type Lead } from './queries'
import { StagesDialog } from './stages-dialog'
import { useView, ViewSwitch } from './view'

export function LeadsPage() {
  const { t } = useWords()
  const nameOf = useStageName()
  const business = useBusiness()
  const [status, setStatus] = useState<string | null>(null)
  const { leadId } = useParams()
  const [isCreating, setCreating] = useState(false)
  const [doomed, setDoomed] = useState<Lead | null>(null)
  const [receipt, setReceipt] = useState<string | null>(null)
  const [view, setView] = useView()
  const [isStaging, setIsStaging] = useState(false)
  const stagesRead = useQuery(stagesQuery(business.id))
  const stages = stagesRead.data?.items ?? []
  const isTable = view === 'table'
  const leads = useInfiniteQuery({ ...leadsQuery(business.id, status), enabled: isTable })
  const remove = useDeleteLead(business.id)
  const exportAll = useExportLeads()
  const client = useQueryClient()
  const navigate = useNavigate()
  const opened = useQuery({
    ...leadQuery(business.id, Number(leadId)),
    enabled: leadId !== undefined,
  })
  const edited = isCreating ? 'new' : leadId === undefined ? undefined : opened.data
  const rows = leads.data?.pages.flatMap((page) => page.items) ?? []

  const openForm = (lead: Lead | 'new') => {
    setReceipt(null)
    if (lead === 'new') return setCreating(true)
    client.setQueryData(leadQuery(business.id, lead.id).queryKey, lead)
    void navigate(`/leads/${lead.id}`)
  }
  const closeForm = () => {
    setCreating(false)
    if (leadId !== undefined) void navigate('/leads')
  }
  const closeDialog = () => {
    setDoomed(null)
    remove.reset()
  }
  const actions = (
    <Group gap="sm">
      <ViewSwitch view={view} onChange={setView} />
      <Button
        variant="default"
        leftSection={<SettingsIcon size={18} />}
        disabled={stagesRead.data === undefined}
        onClick={() => setIsStaging(true)}
        data-testid="lead-stages"
      >
        {t('leads.stages')}
      </Button>
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
        disabled={stagesRead.data === undefined}
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
      {stagesRead.isError && (
        <ErrorNotice error={stagesRead.error} onRetry={() => void stagesRead.refetch()} />
      )}
      <DuplicatesNotice business={business} onMerged={() => setReceipt(t('leads.merged'))} />
      {!isTable && (
        <LeadBoard business={business} stages={stages} onEdit={openForm} onDelete={setDoomed} />
      )}
      {isTable && (
        <>
          <Chip.Group
            multiple={false}
            value={status ?? 'all'}
            onChange={(value) => setStatus(value === 'all' ? null : (value as string))}
          >
            <Group gap={6} role="group" aria-label={t('leads.filter')}>
              <Chip value="all" size="sm" variant="light">
                {t('leads.all')}
              </Chip>
              {stages.map(({ key, name }) => (
                <Chip key={key} value={key} size="sm" variant="light">
                  <bdi>{nameOf(key, name)}</bdi>
                </Chip>
              ))}
            </Group>
          </Chip.Group>

          {leads.isError && (
            <ErrorNotice error={leads.error} onRetry={() => void leads.refetch()} />
          )}
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
                  businessId={business.id}
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
        </>
      )}

      {isStaging && (
        <StagesDialog
          businessId={business.id}
          stages={stages}
          onSaved={() => {
            setIsStaging(false)
            setStatus(null)
            setReceipt(t('leads.stagesSaved'))
          }}
          onClose={() => setIsStaging(false)}
        />
      )}
      {opened.isError && opened.data === undefined && <ErrorNotice error={opened.error} />}
      {edited !== undefined && stages.length > 0 && (
        <LeadForm
          key={edited === 'new' ? edited : edited.id}
          businessId={business.id}
          timeZone={business.timezone}
          stages={stages}
          lead={edited === 'new' ? null : edited}
          onSaved={(saved) => {
            const isKnown = 'same_person_ids' in saved && saved.same_person_ids.length > 0
            const added = isKnown ? t('leads.createdKnown') : t('leads.created')
            setReceipt(edited === 'new' ? added : t('leads.changed'))
            closeForm()
          }}
          onErased={() => {
            setReceipt(t('person.erased'))
            closeForm()
          }}
          onClose={closeForm}
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
