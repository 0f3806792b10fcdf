import { useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../../http'
import { replaceSession } from '../../ui/session'

export function useStopImpersonation(onStopped: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => answer(api.POST('/api/admin/impersonate/stop')),
    onSuccess: async (me) => {
      onStopped()
      await replaceSession(client, me)
    },
  })
}
