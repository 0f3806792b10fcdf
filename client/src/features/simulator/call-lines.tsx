import { Text } from '@mantine/core'
import { useWordFor, useWords } from '../../i18n'
import { useFormats } from '../../i18n/format'
import thread from '../../ui/message-thread.module.css'
import type { CallLine } from './call-queries'
import classes from './simulator.module.css'

/** One thing in a call as a person sees it: pieces of one sentence are one. */
export interface Shown {
  number: number
  byCaller: boolean
  kind: string
  text: string
  tookMs: number | null
}

const SILENT = new Set(['partial', 'listens'])

export function shownOf(lines: readonly CallLine[]): Shown[] {
  const shown: Shown[] = []
  let open: Shown | null = null
  for (const line of lines) {
    if (SILENT.has(line.kind)) continue
    if (line.kind === 'says') {
      if (open === null) {
        if (line.text.trim() === '') continue
        open = { ...asShown(line), text: '' }
        shown.push(open)
      }
      open.text += line.text
      open.tookMs ??= line.took_ms
      if (line.is_last) open = null
    } else {
      // A word to wait stands between the pieces of no sentence; the caller's own word ends none.
      shown.push(asShown(line))
    }
  }
  return shown
}

function asShown(line: CallLine): Shown {
  return {
    number: line.number,
    byCaller: line.by_caller,
    kind: line.kind,
    text: line.text,
    tookMs: line.took_ms,
  }
}

/** What was heard and said, from the caller's side. */
export function CallLines({ lines }: { lines: readonly CallLine[] }) {
  return (
    <ol className={thread.thread}>
      {shownOf(lines).map((line) => (
        <Line key={line.number} line={line} />
      ))}
    </ol>
  )
}

function Line({ line }: { line: Shown }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats()
  if (!['speech', 'keys', 'says', 'waits'].includes(line.kind)) {
    return (
      <Text component="li" size="xs" c="dimmed" ta="center" data-testid={`call-${line.kind}`}>
        {line.kind === 'interrupt' && line.text !== ''
          ? t('simulator.call.interruptedAt', { words: line.text })
          : line.kind === 'ended' || line.kind === 'failed'
            ? wordFor(`simulator.call.${line.kind}`, line.text)
            : wordFor('simulator.call.happened', line.kind)}{' '}
        {line.kind === 'dials' && <bdi dir="ltr">{line.text}</bdi>}
      </Text>
    )
  }
  return (
    <li className={thread.bubble} data-own={line.byCaller || undefined}>
      <div className={thread.text} dir="auto" data-testid={`call-${line.kind}`}>
        {line.kind === 'keys' ? <bdi dir="ltr">{line.text}</bdi> : line.text.trim()}
      </div>
      {(line.tookMs !== null || line.kind === 'waits') && (
        <Text size="xs" className={thread.meta} data-testid="call-took">
          {line.kind === 'waits' && (
            <span className={classes.wait}>{t('simulator.call.wait')}</span>
          )}
          {line.tookMs !== null &&
            t('simulator.call.took', { seconds: formats.seconds(line.tookMs / 1000) })}
        </Text>
      )}
    </li>
  )
}
