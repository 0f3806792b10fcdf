import { Loader, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useWords } from '../../i18n'
import { BrandMark } from '../../ui/brand'
import { ErrorNotice } from '../../ui/error-notice'
import { ChatIcon } from '../../ui/icons'
import { MessageField } from '../../ui/message-field'
import { MessageThread } from '../../ui/message-thread'
import { EmptyState } from '../../ui/page'
import { PinnedPrompts } from '../../ui/pinned-prompts'
import type { ActingBusiness } from '../../ui/session'
import { simulatedConversationQuery, simulatedMessagesQuery, useSendAsCustomer } from './queries'
import classes from './simulator.module.css'

const SLOW_AFTER_MS = 20_000

interface Props {
  business: ActingBusiness
  phone: string
  name: string
}

/** The customer's phone: what they wrote stands at the end of the line, the answers at its start. */
export function PhoneScreen({ business, phone, name }: Props) {
  const { t } = useWords()
  const [text, setText] = useState('')
  const send = useSendAsCustomer(business.id)
  const conversation = useQuery(simulatedConversationQuery(business.id, phone))
  const messages = useQuery(simulatedMessagesQuery(business.id, conversation.data?.id ?? null))
  // What was withheld never reached the customer.
  const reached = (messages.data ?? []).filter((message) => message.status !== 'withheld')
  const oldestFirst = reached.reverse()
  const newest = oldestFirst.at(-1)
  const isWaiting = newest?.direction === 'inbound' || (send.isSuccess && newest === undefined)
  const failure = send.error ?? conversation.error ?? messages.error
  const screen = useRef<HTMLDivElement>(null)

  useEffect(() => {
    if (screen.current !== null) screen.current.scrollTop = screen.current.scrollHeight
  }, [newest?.id, isWaiting])

  const submit = () => {
    send.mutate(
      { from_phone: phone.trim(), name: name.trim(), text: text.trim() },
      { onSuccess: () => setText('') },
    )
  }

  return (
    <section className={classes.phone} aria-label={t('simulator.customer')}>
      <header className={classes.head}>
        <BrandMark size={34} />
        <Text fw={600} truncate>
          <bdi>{business.name}</bdi>
        </Text>
      </header>
      <div className={classes.screen} ref={screen} role="log" tabIndex={0}>
        {newest === undefined && !isWaiting && (
          <EmptyState
            icon={<ChatIcon size={26} />}
            title={t('simulator.start')}
            text={t('simulator.startText')}
          />
        )}
        <MessageThread
          messages={oldestFirst}
          timeZone={business.timezone}
          pointOfView="customer"
          outboundTestId="simulator-reply"
        />
        {isWaiting && <Waiting key={newest?.id ?? 0} />}
      </div>
      {conversation.data != null && (
        <div className={classes.prompts}>
          <PinnedPrompts businessId={business.id} conversation={conversation.data} />
        </div>
      )}
      {failure !== null && (
        <div className={classes.failure}>
          <ErrorNotice error={failure} />
        </div>
      )}
      <div className={classes.compose}>
        <MessageField
          label={t('simulator.message')}
          placeholder={t('simulator.placeholder')}
          sendLabel={t('simulator.send')}
          value={text}
          rows={1}
          canSend={text.trim() !== '' && phone.trim() !== '' && !send.isPending}
          isPending={send.isPending}
          onChange={setText}
          onSend={submit}
          testId="simulator-text"
          sendTestId="simulator-send"
        />
      </div>
    </section>
  )
}

/** Shown until the answer is there; after a while it says that nothing is lost. */
function Waiting() {
  const { t } = useWords()
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <Text size="sm" c="dimmed" mt="sm" role="status" component="div" className={classes.waiting}>
      <Loader size="xs" type="dots" />
      {isSlow ? t('simulator.slow') : t('simulator.waiting')}
    </Text>
  )
}
