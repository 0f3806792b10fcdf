import { Button, Stack } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { isolate, useWords } from '../../i18n'
import { ConfirmDialog } from '../../ui/confirm-dialog'
import { ErrorNotice } from '../../ui/error-notice'
import { BusinessIcon, PlusIcon } from '../../ui/icons'
import { Card, EmptyState, Loading, LoadMore, PageTitle } from '../../ui/page'
import { Receipt } from '../../ui/receipt'
import { BusinessForm } from './business-form'
import { BusinessList } from './business-list'
import { EnterDialog } from './enter-dialog'
import { businessesQuery, useChangeBusiness, type Business } from './queries'

export function BusinessesPage() {
  const { t } = useWords()
  const businesses = useInfiniteQuery(businessesQuery)
  const change = useChangeBusiness()
  const [edited, setEdited] = useState<Business | 'new' | null>(null)
  const [entered, setEntered] = useState<Business | null>(null)
  const [toggled, setToggled] = useState<Business | null>(null)
  const [receipt, setReceipt] = useState<string | null>(null)
  const rows = businesses.data?.pages.flatMap((page) => page.items) ?? []

  const closeToggle = () => {
    setToggled(null)
    change.reset()
  }
  const willSuspend = toggled?.status !== 'suspended'
  const toggledName = isolate(toggled?.name ?? '')

  return (
    <Stack gap="md">
      <PageTitle
        title={t('businesses.title')}
        subtitle={t('businesses.subtitle')}
        actions={
          <Button
            leftSection={<PlusIcon size={18} />}
            onClick={() => setEdited('new')}
            data-testid="business-create"
          >
            {t('businesses.create')}
          </Button>
        }
      />
      {receipt !== null && <Receipt title={receipt} onClose={() => setReceipt(null)} />}
      {businesses.isError && (
        <ErrorNotice error={businesses.error} onRetry={() => void businesses.refetch()} />
      )}
      {businesses.isPending && <Loading />}
      {businesses.data !== undefined && (
        <Card isFlush>
          {rows.length === 0 ? (
            <EmptyState
              icon={<BusinessIcon size={26} />}
              title={t('businesses.empty')}
              text={t('businesses.emptyText')}
            />
          ) : (
            <BusinessList
              businesses={rows}
              onEnter={setEntered}
              onEdit={setEdited}
              onToggle={setToggled}
            />
          )}
        </Card>
      )}
      <LoadMore
        hasMore={businesses.hasNextPage}
        isLoading={businesses.isFetchingNextPage}
        onMore={() => void businesses.fetchNextPage()}
      />

      {edited !== null && (
        <BusinessForm
          business={edited === 'new' ? null : edited}
          onSaved={() => {
            setReceipt(edited === 'new' ? t('businesses.created') : t('businesses.changed'))
            setEdited(null)
          }}
          onClose={() => setEdited(null)}
        />
      )}
      {entered !== null && <EnterDialog business={entered} onClose={() => setEntered(null)} />}
      <ConfirmDialog
        isOpen={toggled !== null}
        title={t(willSuspend ? 'businesses.suspendTitle' : 'businesses.reactivateTitle', {
          name: toggledName,
        })}
        text={t(willSuspend ? 'businesses.suspendText' : 'businesses.reactivateText')}
        confirmLabel={t(willSuspend ? 'businesses.suspend' : 'businesses.reactivate')}
        isDangerous={willSuspend}
        isPending={change.isPending}
        error={change.error}
        onConfirm={() => {
          if (toggled === null) return
          change.mutate(
            { id: toggled.id, patch: { status: willSuspend ? 'suspended' : 'active' } },
            {
              onSuccess: () => {
                setReceipt(t('businesses.changed'))
                closeToggle()
              },
            },
          )
        }}
        onCancel={closeToggle}
      />
    </Stack>
  )
}
