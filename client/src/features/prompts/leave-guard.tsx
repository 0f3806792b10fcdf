import { useBeforeUnload, useBlocker, type Location } from 'react-router'
import { useWords } from '../../i18n'
import { ConfirmDialog } from '../../ui/confirm-dialog'

interface Props {
  isDirty: boolean
  onDiscard: () => void
}

/** True for a way out that does not lose the draft: the end of a session or of an impersonation. */
function keepsDraft(next: Location): boolean {
  return (next.state as { keepsDraft?: boolean } | null)?.keepsDraft === true
}

/** Asks before unsaved text is left behind, inside the page and when the tab is closed. */
export function LeaveGuard({ isDirty, onDiscard }: Props) {
  const { t } = useWords()
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty && currentLocation.pathname !== nextLocation.pathname && !keepsDraft(nextLocation),
  )
  useBeforeUnload((event) => {
    if (isDirty) event.preventDefault()
  })

  return (
    <ConfirmDialog
      isOpen={blocker.state === 'blocked'}
      title={t('prompts.leaveTitle')}
      text={t('prompts.leaveText')}
      confirmLabel={t('prompts.leave')}
      cancelLabel={t('prompts.stay')}
      isDangerous
      onConfirm={() => {
        onDiscard()
        blocker.proceed?.()
      }}
      onCancel={() => blocker.reset?.()}
    />
  )
}
