import { useEffect, useState } from 'react'
import { serverNow } from '../http'

const SECOND_MS = 1000

/** Whole seconds until a moment of the server's clock, counted down live; never below zero. */
export function useSecondsUntil(at: string): number {
  const until = new Date(at).getTime()
  const left = () => Math.max(0, Math.ceil((until - serverNow()) / SECOND_MS))
  const [seconds, setSeconds] = useState(left)
  useEffect(() => {
    const tick = () => setSeconds(Math.max(0, Math.ceil((until - serverNow()) / SECOND_MS)))
    tick()
    const timer = setInterval(tick, SECOND_MS)
    return () => clearInterval(timer)
  }, [until])
  return seconds
}

/** Minutes and seconds as a clock shows them. */
export function asClock(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`
}
