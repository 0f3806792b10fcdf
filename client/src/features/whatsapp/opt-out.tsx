import { Button, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { isolate, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { Loading } from '../../ui/page'
import { SettingsCard } from '../../ui/settings-card'
import { optOutQuery, useReplaceOptOut, type OptOut } from './queries'

const LONGEST = 60

/** The words by which a customer ends automatic messages, and begins them again. */
export function OptOutCard({ businessId }: { businessId: number }) {
  const saved = useQuery(optOutQuery(businessId))
  if (saved.isError) {
    return <ErrorNotice error={saved.error} onRetry={() => void saved.refetch()} />
  }
  if (saved.isPending) return <Loading />
  return <Editor businessId={businessId} saved={saved.data} />
}

function Editor({ businessId, saved }: { businessId: number; saved: OptOut }) {
  const { t } = useWords()
  const save = useReplaceOptOut(businessId)
  const [out, setOut] = useState(saved.out_words.join('\n'))
  const [back, setBack] = useState(saved.back_words.join('\n'))
  const outWords = linesOf(out)
  const backWords = linesOf(back)
  const isChanged = !isSame(outWords, saved.out_words) || !isSame(backWords, saved.back_words)
  const isDefault =
    isSame(outWords, saved.default_out_words) && isSame(backWords, saved.default_back_words)
  const known = new Set(outWords.map(plain))
  const both = backWords.find((word) => known.has(plain(word)))
  const faultOf = (words: string[]) =>
    words.length === 0
      ? t('whatsapp.noWords')
      : words.some((word) => word.length > LONGEST) && t('whatsapp.longWord')
  const outFault = faultOf(outWords)
  const backFault =
    faultOf(backWords) || (both !== undefined && t('whatsapp.bothWords', { word: isolate(both) }))

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (outFault || backFault) return
    save.mutate({ out_words: outWords, back_words: backWords })
  }
  const change = (set: (words: string) => void) => (words: string) => {
    save.reset()
    set(words)
  }
  const reset = () => {
    save.reset()
    setOut(saved.default_out_words.join('\n'))
    setBack(saved.default_back_words.join('\n'))
  }
  return (
    <SettingsCard
      title={t('whatsapp.optOut')}
      text={t('whatsapp.optOutText')}
      onSubmit={submit}
      save={save}
      isChanged={isChanged}
      savedTitle={t('whatsapp.wordsSaved')}
      saveLabel={t('whatsapp.save')}
      testId="opt-out-save"
      button={{ disabled: !isChanged }}
      actions={
        !isDefault && (
          <Button variant="subtle" onClick={reset} data-testid="opt-out-default">
            {t('whatsapp.defaultWords')}
          </Button>
        )
      }
    >
      <Textarea
        label={t('whatsapp.outWords')}
        description={t('whatsapp.onePerLine')}
        dir="auto"
        rows={6}
        value={out}
        error={outFault}
        onChange={(event) => change(setOut)(event.currentTarget.value)}
        data-testid="opt-out-words"
      />
      <Textarea
        label={t('whatsapp.backWords')}
        description={t('whatsapp.onePerLine')}
        dir="auto"
        rows={6}
        value={back}
        error={backFault}
        onChange={(event) => change(setBack)(event.currentTarget.value)}
        data-testid="opt-in-words"
      />
    </SettingsCard>
  )
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const plain = (word: string) => word.normalize('NFKD').toLowerCase()

const isSame = (one: string[], other: string[]) => one.join('\n') === other.join('\n')
