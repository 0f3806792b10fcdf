import type { ReactNode } from 'react'
import classes from './row-list.module.css'

/** Rows under each other in a card, each with what it is about and what can be done with it. */
export function RowList({ children }: { children: ReactNode }) {
  return <ul className={classes.list}>{children}</ul>
}

interface RowProps {
  children: ReactNode
  action?: ReactNode
  testId: string
}

export function Row({ children, action, testId }: RowProps) {
  return (
    <li className={classes.row} data-testid={testId}>
      <div className={classes.what}>{children}</div>
      {action}
    </li>
  )
}
