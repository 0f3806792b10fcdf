import { Alert, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../../i18n'
import { useFieldErrors } from '../../ui/error-words'
import { ErrorNotice } from '../../ui/error-notice'
import { ChatIcon, PhoneIcon } from '../../ui/icons'
import { Loading, PageTitle } from '../../ui/page'
import { useBusiness } from '../../ui/session'
import { LeaveGuard } from './leave-guard'
import { countCharacters, MAX_CHARACTERS, PromptEditor } from './prompt-editor'
import { ServingVersion, type SaveOutcome } from './serving-version'
import { promptsQuery, useReplacePrompts, type Prompts } from './queries'
import classes from './prompts.module.css'
import { usePromptDraft } from './use-draft'

const OWN_FIELDS = ['calls_prompt', 'whatsapp_prompt']

export function PromptsPage() {
  const { t } = useWords()
  const business = useBusiness()
  const prompts = useQuery(promptsQuery(business.id))
  return (
    <>
      <PageTitle title={t('prompts.title')} subtitle={t('prompts.subtitle')} />
      {prompts.data !== undefined ? (
        <Editors businessId={business.id} timeZone={business.timezone} saved={prompts.data} />
      ) : prompts.isError ? (
        <ErrorNotice error={prompts.error} onRetry={() => void prompts.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  )
}

interface EditorsProps {
  businessId: number
  timeZone: string
  saved: Prompts
}

function Editors({ businessId, timeZone, saved }: EditorsProps) {
  const { t } = useWords()
  const fieldErrors = useFieldErrors()
  const draft = usePromptDraft(businessId, saved)
  const replace = useReplacePrompts(businessId)
  const [outcome, setOutcome] = useState<SaveOutcome>(null)

  const isDirty = draft.draft !== null
  const { calls_prompt, whatsapp_prompt } = draft.text
  const isTooLong = [calls_prompt, whatsapp_prompt].some(
    (text) => countCharacters(text) > MAX_CHARACTERS,
  )
  const errors = fieldErrors(replace.error)

  const save = () => {
    const sent = { calls_prompt, whatsapp_prompt }
    const versionBefore = saved.version
    setOutcome(null)
    replace.mutate(sent, {
      onSuccess: (answered) => {
        draft.settle(sent, answered)
        setOutcome(answered.version === versionBefore ? 'unchanged' : 'saved')
      },
    })
  }
  const change = (part: Parameters<typeof draft.change>[0]) => {
    setOutcome(null)
    draft.change(part)
  }

  return (
    <Stack gap="md">
      <LeaveGuard isDirty={isDirty} onDiscard={draft.discard} />
      <ServingVersion prompts={saved} outcome={outcome} timeZone={timeZone} />
      {draft.wasRestored && !draft.isOvertaken && (
        <Alert color="blue" variant="light" role="status" data-testid="draft-restored">
          {t('prompts.restored')}
        </Alert>
      )}
      {draft.isOvertaken && (
        <Alert color="yellow" variant="light" role="status" data-testid="draft-overtaken">
          {t('prompts.overtaken', { version: saved.version })}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <PromptEditor
          label={t('prompts.calls')}
          hint={t('prompts.callsHint')}
          placeholder={t('prompts.callsPlaceholder')}
          icon={<PhoneIcon size={18} />}
          value={calls_prompt}
          error={errors.calls_prompt}
          testId="prompt-calls"
          onChange={(value) => change({ calls_prompt: value })}
        />
        <PromptEditor
          label={t('prompts.whatsapp')}
          hint={t('prompts.whatsappHint')}
          placeholder={t('prompts.whatsappPlaceholder')}
          icon={<ChatIcon size={18} />}
          value={whatsapp_prompt}
          error={errors.whatsapp_prompt}
          testId="prompt-whatsapp"
          onChange={(value) => change({ whatsapp_prompt: value })}
        />
      </SimpleGrid>
      <div className={classes.bar}>
        <Stack gap="sm">
          {replace.isError && <ErrorNotice error={replace.error} ownFields={OWN_FIELDS} />}
          <Group justify="space-between">
            <Text size="sm" c={isDirty ? undefined : 'dimmed'} role="status">
              {isDirty ? t('prompts.unsaved') : t('prompts.upToDate')}
            </Text>
            <Group gap="sm">
              {isDirty && (
                <Button variant="default" onClick={draft.discard} data-testid="prompt-discard">
                  {t('prompts.discard')}
                </Button>
              )}
              <Button
                onClick={save}
                disabled={!isDirty || isTooLong}
                loading={replace.isPending}
                data-testid="prompt-save"
              >
                {t('prompts.save')}
              </Button>
            </Group>
          </Group>
        </Stack>
      </div>
    </Stack>
  )
}
