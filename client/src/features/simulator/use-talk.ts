import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { isOver, simulatedCallQuery, useAct, type CallLine } from './call-queries'
import { hasEar, listen } from './ear'
import { Mouth, voiceFor } from './mouth'

/** Words that may still change are told so often, not with each key. */
const PARTIAL_MS = 500

interface Options {
  businessId: number
  callId: number
  language: string
  /** Whether the answers are spoken aloud, where the browser has a voice. */
  isAloud: boolean
}

/** One call, with the voice that speaks its answers and the ear that hears the caller. */
export function useTalk({ businessId, callId, language, isAloud }: Options) {
  const seen = useQuery(simulatedCallQuery(businessId, callId))
  const act = useAct(businessId, callId)
  const [isSpeaking, setSpeaking] = useState(false)
  const [earError, setEarError] = useState<string | null>(null)
  const [isHearing, setHearing] = useState(false)
  const [mouth] = useState(() => new Mouth(setSpeaking))
  const stopHearing = useRef<(() => void) | null>(null)
  const spoken = useRef(0)
  const partial = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const call = seen.data
  const lines = call?.lines
  const hasEnded = call !== undefined && isOver(call)
  const isListening = call?.is_listening === true && !hasEnded

  useEffect(() => {
    for (const line of lines ?? []) {
      if (line.number <= spoken.current) continue
      spoken.current = line.number
      if (isSaid(line)) mouth.say(line.text, isAloud ? voiceFor(language) : null)
    }
  }, [lines, mouth, isAloud, language])

  useEffect(
    () => () => {
      stopHearing.current?.()
      mouth.hush()
    },
    [mouth],
  )

  /** Whoever speaks while something is said speaks over it. */
  const interrupt = () => {
    if (!mouth.isSpeaking()) return
    const heard = mouth.hush()
    if (call?.engine === 'relay') act.mutate({ kind: 'interrupt', text: heard })
  }
  const mumble = (words: string) => {
    clearTimeout(partial.current)
    if (!isListening || words.trim() === '') return
    partial.current = setTimeout(
      () => act.mutate({ kind: 'partial', text: words.trim() }),
      PARTIAL_MS,
    )
  }
  const say = (words: string, onDone?: () => void) => {
    clearTimeout(partial.current)
    interrupt()
    act.mutate({ kind: 'speech', text: words.trim() }, onDone && { onSuccess: onDone })
  }
  const hear = () => {
    interrupt()
    setEarError(null)
    setHearing(true)
    stopHearing.current = listen(language, {
      onPartial: mumble,
      onWords: (words) => say(words),
      onEnd: (error) => {
        setHearing(false)
        setEarError(error === 'no-speech' || error === 'aborted' ? null : error)
      },
    })
  }
  return {
    call,
    error: act.error ?? seen.error,
    hasEnded,
    isListening,
    isSpeaking,
    isPending: act.isPending,
    canHear: hasEar(),
    isHearing,
    earError,
    say,
    mumble,
    hear,
    stopHearing: () => stopHearing.current?.(),
    interrupt,
    press: (keys: string) => act.mutate({ kind: 'keys', text: keys }),
    beSilent: () => act.mutate({ kind: 'silence' }),
    hangUp: () => {
      clearTimeout(partial.current)
      mouth.hush()
      act.mutate({ kind: 'hang_up' })
    },
  }
}

function isSaid(line: CallLine): boolean {
  return (line.kind === 'says' || line.kind === 'waits') && line.text !== ''
}
