import { useEffect, useState } from 'react'
import { forgetDraft, keepDraft, readDraft } from '../../ui/drafts'
import type { Prompts, PromptsBody } from './queries'

export interface Draft extends PromptsBody {
  /** The version that the typing started from, to notice a save by somebody else in between. */
  based_on: number
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false
  const draft = value as Partial<Draft>
  return (
    typeof draft.calls_prompt === 'string' &&
    typeof draft.whatsapp_prompt === 'string' &&
    typeof draft.based_on === 'number'
  )
}

function isSameText(one: PromptsBody, other: PromptsBody): boolean {
  return one.calls_prompt === other.calls_prompt && one.whatsapp_prompt === other.whatsapp_prompt
}

/**
 * What was typed and not saved yet, or null when the page shows what is saved. It lies in this tab's
 * storage under the business it was typed for, so a refusal, a reload, a new login or the end of an
 * impersonation lose none of it.
 */
export function usePromptDraft(businessId: number, saved: Prompts) {
  const name = `prompts.${businessId}`
  const [draft, setDraft] = useState<Draft | null>(() => {
    const kept = readDraft(name, isDraft)
    return kept !== null && !isSameText(kept, saved) ? kept : null
  })
  const [wasRestored] = useState(draft !== null)

  useEffect(() => {
    if (draft === null) forgetDraft(name)
    else keepDraft(name, draft)
  }, [name, draft])

  return {
    draft,
    text: draft ?? saved,
    wasRestored: wasRestored && draft !== null,
    isOvertaken: draft !== null && saved.version > draft.based_on,
    change: (part: Partial<PromptsBody>) =>
      setDraft((current) => {
        const { calls_prompt, whatsapp_prompt } = { ...(current ?? saved), ...part }
        const next = {
          calls_prompt,
          whatsapp_prompt,
          based_on: current?.based_on ?? saved.version,
        }
        return isSameText(next, saved) ? null : next
      }),
    discard: () => {
      // At once and not only after the next render: the page may be gone by then.
      forgetDraft(name)
      setDraft(null)
    },
    /** After a save: what was typed while it was under way stays a draft, on top of the new version. */
    settle: (sent: PromptsBody, answered: Prompts) =>
      setDraft((current) =>
        current === null || isSameText(current, sent)
          ? null
          : { ...current, based_on: answered.version },
      ),
  }
}
