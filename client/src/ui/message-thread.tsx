/** Messages of one conversation, newest below, as both the conversations and the simulator show them. */
import { Text } from '@mantine/core'
import type { Schemas } from '../http'
import { useWordFor, useWords } from '../i18n'
import { useFormats } from '../i18n/format'
import { Attachments } from './attachments'
import classes from './message-thread.module.css'
import { Unsent } from './reasons'
import { useReadable } from './marks'

export type Message = Schemas['Message']

interface Props {
  messages: Message[]
  timeZone: string
  /** Whose messages stand at the end of the line: the one who is looking. */
  pointOfView: 'business' | 'customer'
  outboundTestId?: string
}

export function MessageThread({
  messages,
  timeZone,
  pointOfView,
  outboundTestId = 'message-outbound',
}: Props) {
  const wordFor = useWordFor()
  const readable = useReadable()
  const { t } = useWords()
  const formats = useFormats(timeZone)
  const own = pointOfView === 'business' ? 'outbound' : 'inbound'
  return (
    <ol className={classes.thread}>
      {messages.map((message) => (
        <li
          key={message.id}
          className={classes.bubble}
          data-own={message.direction === own || undefined}
          data-failed={message.status === 'failed' || undefined}
          data-withheld={message.status === 'withheld' || undefined}
          data-testid={message.direction === 'outbound' ? outboundTestId : 'message-inbound'}
        >
          {message.attachments.length > 0 ? (
            <Attachments files={message.attachments} />
          ) : (
            <div className={classes.text} dir="auto">
              {message.author === 'customer' || message.is_echo
                ? readable(message.text)
                : message.text}
            </div>
          )}
          <Text size="xs" className={classes.meta}>
            <bdi>{message.author_name ?? wordFor('author', message.author)}</bdi>
            {message.is_echo && <> {t('conversations.fromPhone')}</>}
            {message.is_template && <> {t('conversations.byTemplate')}</>} ·{' '}
            {formats.time(message.created_at)} · {wordFor('messageStatus', message.status)}
          </Text>
          {message.error !== null && <Unsent status={message.status} reason={message.error} />}
        </li>
      ))}
    </ol>
  )
}
