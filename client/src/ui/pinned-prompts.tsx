import { Button, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, type Schemas } from '../http'
import { useWords } from '../i18n'
import { ErrorNotice } from './error-notice'

interface Props {
  businessId: number
  conversation: Pick<Schemas['Conversation'], 'id' | 'prompt_version' | 'newest_prompt_version'>
}

/** Which prompts a conversation runs on, and one click to the newest where those are older. */
export function PinnedPrompts({ businessId, conversation }: Props) {
  const { t } = useWords()
  const client = useQueryClient()
  const renew = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/business/current/conversations/{conversation_id}/use-newest-prompts', {
          params: { path: { conversation_id: conversation.id } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['conversations', businessId] }),
  })
  const { prompt_version: version, newest_prompt_version: newest } = conversation
  const isOlder = version !== 0 && version < newest
  return (
    <div data-testid="pinned-prompts">
      <Text size="xs" c={isOlder ? undefined : 'dimmed'} role="status">
        {version === 0
          ? t('pinnedPrompts.none')
          : t(isOlder ? 'pinnedPrompts.older' : 'pinnedPrompts.newest', { version, newest })}
      </Text>
      {isOlder && (
        <Button
          variant="light"
          size="compact-xs"
          mt={4}
          loading={renew.isPending}
          onClick={() => renew.mutate()}
          data-testid="use-newest-prompts"
        >
          {t('pinnedPrompts.use', { newest })}
        </Button>
      )}
      {renew.isError && <ErrorNotice error={renew.error} />}
    </div>
  )
}
