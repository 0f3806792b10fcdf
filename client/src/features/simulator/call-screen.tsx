import { Anchor, Badge, Button, Group, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../../i18n'
import { BrandMark } from '../../ui/brand'
import { ErrorNotice } from '../../ui/error-notice'
import { CallIcon } from '../../ui/icons'
import { EmptyState } from '../../ui/page'
import type { ActingBusiness } from '../../ui/session'
import { CallControls } from './call-controls'
import { CallLines } from './call-lines'
import { useDial, type SimulatedCall } from './call-queries'
import classes from './simulator.module.css'
import { useTalk } from './use-talk'

export interface Caller {
  /** Null for a number that is withheld. */
  phone: string | null
  /** Null for the engine that the business chose. */
  engine: 'gather' | 'relay' | null
  language: string
  isAloud: boolean
}

/** A phone that calls the business: what is said stands at the start of the line, what the caller says
 * at its end. */
export function CallScreen({ business, caller }: { business: ActingBusiness; caller: Caller }) {
  const { t } = useWords()
  const dial = useDial()
  const [callId, setCallId] = useState<number | null>(null)
  const call = () =>
    dial.mutate(
      { from_phone: caller.phone, engine: caller.engine },
      { onSuccess: (begun) => setCallId(begun.id) },
    )
  return (
    <section className={classes.phone} aria-label={t('simulator.call.phone')}>
      {callId === null ? (
        <>
          <Head business={business} />
          <div className={classes.screen}>
            <EmptyState
              icon={<CallIcon size={26} />}
              title={t('simulator.call.start')}
              text={t('simulator.call.startText')}
              action={
                <Button
                  leftSection={<CallIcon size={18} />}
                  loading={dial.isPending}
                  disabled={caller.phone?.trim() === ''}
                  onClick={call}
                  data-testid="call-dial"
                >
                  {t('simulator.call.dial')}
                </Button>
              }
            />
            {dial.isError && <ErrorNotice error={dial.error} />}
          </div>
        </>
      ) : (
        <Going
          key={callId}
          business={business}
          callId={callId}
          caller={caller}
          onAgain={call}
          again={dial}
        />
      )}
    </section>
  )
}

interface GoingProps {
  business: ActingBusiness
  callId: number
  caller: Caller
  onAgain: () => void
  again: ReturnType<typeof useDial>
}

function Going({ business, callId, caller, onAgain, again }: GoingProps) {
  const { t } = useWords()
  const talk = useTalk({
    businessId: business.id,
    callId,
    language: caller.language,
    isAloud: caller.isAloud,
  })
  const screen = useRef<HTMLDivElement>(null)
  const lines = talk.call?.lines ?? []
  useEffect(() => {
    if (screen.current !== null) screen.current.scrollTop = screen.current.scrollHeight
  }, [lines.length])
  const error = talk.error ?? again.error
  return (
    <>
      <Head business={business}>
        <State call={talk.call} isSpeaking={talk.isSpeaking} />
      </Head>
      <div className={classes.screen} ref={screen} role="log" tabIndex={0}>
        <CallLines lines={lines} />
      </div>
      {error !== null && (
        <div className={classes.failure}>
          <ErrorNotice error={error} />
        </div>
      )}
      {talk.hasEnded ? (
        <Over call={talk.call} onAgain={onAgain} isPending={again.isPending} />
      ) : (
        <CallControls talk={talk} />
      )}
      <Text size="xs" c="dimmed" px="md" pb={8}>
        {talk.call?.engine === 'relay'
          ? t('simulator.call.overRelay')
          : t('simulator.call.overGather')}
      </Text>
    </>
  )
}

function Head({ business, children }: { business: ActingBusiness; children?: React.ReactNode }) {
  return (
    <header className={classes.head}>
      <BrandMark size={34} />
      <Text fw={600} truncate>
        <bdi>{business.name}</bdi>
      </Text>
      <div className={classes.state}>{children}</div>
    </header>
  )
}

function State({ call, isSpeaking }: { call: SimulatedCall | undefined; isSpeaking: boolean }) {
  const wordFor = useWordFor()
  const state = stateOf(call, isSpeaking)
  return (
    <Badge
      variant="light"
      color={state === 'failed' ? 'red' : state === 'listening' ? 'green' : 'gray'}
      tt="none"
      role="status"
      data-testid="call-state"
    >
      {wordFor('simulator.call.state', state)}
    </Badge>
  )
}

function stateOf(call: SimulatedCall | undefined, isSpeaking: boolean): string {
  if (call === undefined) return 'ringing'
  if (call.state !== 'going') return call.state
  if (isSpeaking) return 'speaking'
  return call.is_listening ? 'listening' : 'thinking'
}

interface OverProps {
  call: SimulatedCall | undefined
  onAgain: () => void
  isPending: boolean
}

function Over({ call, onAgain, isPending }: OverProps) {
  const { t } = useWords()
  const wordFor = useWordFor()
  return (
    <div className={classes.compose}>
      {call?.reason != null && (
        <Text size="sm" c="red" role="alert" mb="xs" data-testid="call-failure">
          {wordFor('simulator.call.failed', call.reason)}
        </Text>
      )}
      <Group justify="space-between">
        {call?.call_id != null ? (
          <Anchor
            component={Link}
            to={`/calls/${call.call_id}`}
            size="sm"
            data-testid="call-details"
          >
            {t('simulator.call.details')}
          </Anchor>
        ) : (
          <span />
        )}
        <Button
          leftSection={<CallIcon size={18} />}
          loading={isPending}
          onClick={onAgain}
          data-testid="call-again"
        >
          {t('simulator.call.again')}
        </Button>
      </Group>
    </div>
  )
}
