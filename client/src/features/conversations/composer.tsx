import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { isolate, useWords } from '../../i18n'
import { asClock, useSecondsUntil } from '../../ui/countdown'
import { forgetDraft, keepDraft, readDraft } from '../../ui/drafts'
import { ErrorNotice } from '../../ui/error-notice'
import { MessageField } from '../../ui/message-field'
import type { ActingBusiness } from '../../ui/session'
import classes from './conversations.module.css'
import { useWrite, writingQuery, type Conversation } from './queries'
import { TemplateComposer } from './template-composer'

const HOUR_S = 3600
const MINUTE_S = 60
const isText = (value: unknown): value is string => typeof value === 'string'

interface Props {
  business: ActingBusiness
  conversation: Conversation
}

/** Where a person writes to the customer, while WhatsApp takes free text. */
export function Composer({ business, conversation }: Props) {
  const { t } = useWords()
  const draft = `message.${business.id}.${conversation.id}`
  const [text, setText] = useState(() => readDraft(draft, isText) ?? '')
  const write = useWrite(business.id, conversation.id)
  // A message that may have been sent keeps its key, so that trying again sends it once.
  const attempt = useRef({ text: '', key: '' })
  const left = useSecondsUntil(conversation.window_closes_at ?? new Date(0).toISOString())

  // Until it is known the server says it, which refuses what is too long as well.
  const longest = useQuery(writingQuery(business.id, conversation.id)).data?.longest_text
  const letters = text.trim().length
  const isTooLong = longest !== undefined && letters > longest

  const change = (words: string) => {
    setText(words)
    keepDraft(draft, words)
  }
  const send = () => {
    const words = text.trim()
    if (attempt.current.text !== words) attempt.current = { text: words, key: crypto.randomUUID() }
    write.mutate(
      { text: words, idempotency_key: attempt.current.key },
      {
        onSuccess: () => {
          attempt.current = { text: '', key: '' }
          setText('')
          forgetDraft(draft)
        },
      },
    )
  }

  return (
    <div className={classes.composer}>
      {write.isError && <ErrorNotice error={write.error} />}
      {conversation.takeover?.reason === 'stopped' && (
        <Text size="sm" fw={600} data-testid="opted-out">
          {t('conversations.writingToStopped')}
        </Text>
      )}
      {left === 0 ? (
        <>
          <Text size="sm" data-testid="window-closed">
            {conversation.window_closes_at === null
              ? t('conversations.windowNeverOpened')
              : t('conversations.windowClosed')}
          </Text>
          <TemplateComposer business={business} conversationId={conversation.id} />
        </>
      ) : (
        <MessageField
          label={t('conversations.write')}
          placeholder={t('conversations.writeHint')}
          sendLabel={t('conversations.send')}
          value={text}
          rows={2}
          canSend={text.trim() !== '' && !isTooLong && left > 0 && !write.isPending}
          isPending={write.isPending}
          onChange={change}
          onSend={send}
          testId="write"
          sendTestId="send"
        />
      )}
      {isTooLong && (
        <Text size="sm" c="red" role="alert" data-testid="too-long">
          {t('conversations.tooLong', { letters, longest })}
        </Text>
      )}
      {left > 0 && (
        <Text size="xs" c="dimmed" data-testid="window-left">
          {left >= HOUR_S
            ? t('conversations.windowHours', {
                time: isolate(asClock(Math.floor(left / MINUTE_S))),
              })
            : t('conversations.windowMinutes', { time: isolate(asClock(left)) })}
          {conversation.takeover === null && (
            <> · {t('conversations.writingTakesOver', { hours: conversation.takeover_hours })}</>
          )}
        </Text>
      )}
    </div>
  )
}
