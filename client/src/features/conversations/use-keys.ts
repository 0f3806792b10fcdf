import { useEffect, useEffectEvent, type RefObject } from 'react'

const FIELDS = 'input, textarea, select, [contenteditable="true"], [role="dialog"] *'
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }

interface Keys {
  list: RefObject<HTMLElement | null>
  search: RefObject<HTMLInputElement | null>
  onBack: () => void
}

/**
 * Moves through the list with j and k or the arrows (Enter is the link's own), goes back with Esc and
 * searches with /, from where Enter leads to what was found. In a field every other key is the field's,
 * but Esc, which leaves it.
 */
export function useKeys({ list, search, onBack }: Keys) {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const target = event.target instanceof HTMLElement ? event.target : document.body
    if (target.matches(FIELDS)) {
      if (event.key === 'Escape' && target.closest('[role="dialog"]') === null) target.blur()
      if (event.key === 'Enter' && target === search.current) rowsOf(list.current)[0]?.focus()
      return
    }
    if (event.key === '/') {
      event.preventDefault()
      search.current?.focus()
    } else if (event.key === 'Escape') {
      onBack()
    } else {
      step(event, target, list.current)
    }
  })

  useEffect(() => {
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

function step(event: KeyboardEvent, target: HTMLElement, list: HTMLElement | null): void {
  const by = STEPS[event.key]
  const rows = rowsOf(list)
  if (by === undefined || rows.length === 0) return
  const isInList = list?.contains(target) === true
  // Elsewhere the arrows scroll.
  if (event.key.startsWith('Arrow') && !isInList && target !== document.body) return
  event.preventDefault()
  const from = rows.findIndex((row) => (isInList ? row === target : 'active' in row.dataset))
  const to = from === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, from + by))
  rows[to]?.focus()
}

function rowsOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll('a') ?? [])]
}
