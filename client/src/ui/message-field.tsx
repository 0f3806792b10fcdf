import { ActionIcon, Textarea } from '@mantine/core'
import type { FormEvent, KeyboardEvent } from 'react'
import { SendIcon } from './icons'
import classes from './message-field.module.css'

interface Props {
  label: string
  placeholder: string
  sendLabel: string
  value: string
  rows: number
  maxLength?: number
  canSend: boolean
  isPending: boolean
  onChange: (text: string) => void
  onSend: () => void
  testId: string
  sendTestId: string
}

/** Where a message is written: Enter sends it, with Shift it begins a line. */
export function MessageField(props: Props) {
  const send = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault()
    if (props.canSend) props.onSend()
  }
  const sendOnEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    send(event)
  }
  return (
    <form className={classes.form} onSubmit={send}>
      <Textarea
        aria-label={props.label}
        placeholder={props.placeholder}
        rows={props.rows}
        maxLength={props.maxLength}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
        onKeyDown={sendOnEnter}
        radius="lg"
        classNames={{ root: classes.field, input: `${classes.input} maane-any-direction` }}
        data-testid={props.testId}
      />
      <ActionIcon
        type="submit"
        size={40}
        radius="xl"
        disabled={!props.canSend}
        loading={props.isPending}
        aria-label={props.sendLabel}
        data-testid={props.sendTestId}
      >
        <SendIcon isDirectional />
      </ActionIcon>
    </form>
  )
}
