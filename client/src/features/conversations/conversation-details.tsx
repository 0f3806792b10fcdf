import { Button, NativeSelect, Stack, Text, Textarea, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { PinnedPrompts } from '../../ui/pinned-prompts'
import type { ActingBusiness } from '../../ui/session'
import { Ago } from '../../ui/text'
import classes from './conversations.module.css'
import { Person } from './person'
import { notesQuery, useAct, useAddNote, useAssign, usersQuery, type Conversation } from './queries'

interface Props {
  business: ActingBusiness
  conversation: Conversation
}

/** What stands beside the messages: the lead, who is responsible, and notes between people. */
export function ConversationDetails({ business, conversation }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const act = useAct(business.id, conversation.id)
  const isClosed = conversation.status === 'closed'
  return (
    <Stack gap="lg">
      <Person business={business} conversation={conversation} />
      <Assignee business={business} conversation={conversation} />
      <Notes business={business} conversationId={conversation.id} />
      <section>
        <Button
          variant="default"
          size="xs"
          loading={act.isPending}
          onClick={() => act.mutate(isClosed ? 'reopen' : 'close')}
          data-testid={isClosed ? 'reopen' : 'close'}
        >
          {isClosed ? t('conversations.reopen') : t('conversations.close')}
        </Button>
        {act.isError && <ErrorNotice error={act.error} />}
        <Text size="xs" c="dimmed" mt="xs">
          {wordFor('channel', conversation.channel)}
        </Text>
        <PinnedPrompts businessId={business.id} conversation={conversation} />
      </section>
    </Stack>
  )
}

function Assignee({ business, conversation }: Props) {
  const { t } = useWords()
  const users = useQuery(usersQuery(business.id))
  const assign = useAssign(business.id, conversation.id)
  const chosen = conversation.assigned_to
  // Somebody of the agency who took over is no user of the business and may still be responsible.
  const others = users.data?.items.filter((user) => user.id !== chosen?.id) ?? []
  const people = chosen === null ? others : [chosen, ...others]
  return (
    <div>
      <NativeSelect
        label={t('conversations.assignee')}
        size="sm"
        value={String(chosen?.id ?? '')}
        disabled={assign.isPending}
        onChange={(event) => {
          const { value } = event.currentTarget
          assign.mutate(value === '' ? null : Number(value))
        }}
        data={[
          { value: '', label: t('conversations.nobody') },
          ...people.map((user) => ({ value: String(user.id), label: user.name })),
        ]}
        data-testid="assignee"
      />
      {assign.isError && <ErrorNotice error={assign.error} />}
      {users.isError && <ErrorNotice error={users.error} />}
    </div>
  )
}

function Notes({ business, conversationId }: { business: ActingBusiness; conversationId: number }) {
  const { t } = useWords()
  const notes = useQuery(notesQuery(business.id, conversationId))
  const add = useAddNote(business.id, conversationId)
  const [text, setText] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(text.trim(), { onSuccess: () => setText('') })
  }
  return (
    <section>
      <Title order={3} size="h6">
        {t('conversations.notes')}
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        {t('conversations.notesHint')}
      </Text>
      <form onSubmit={submit}>
        <Textarea
          aria-label={t('conversations.note')}
          placeholder={t('conversations.note')}
          rows={2}
          maxLength={4096}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          classNames={{ input: 'maane-any-direction' }}
          data-testid="note"
        />
        <Button
          type="submit"
          size="xs"
          variant="light"
          mt="xs"
          disabled={text.trim() === ''}
          loading={add.isPending}
          data-testid="add-note"
        >
          {t('conversations.addNote')}
        </Button>
      </form>
      {add.isError && <ErrorNotice error={add.error} />}
      {notes.isError && <ErrorNotice error={notes.error} />}
      {notes.data?.items.length === 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {t('conversations.noNotes')}
        </Text>
      )}
      <ul className={classes.notes}>
        {notes.data?.items.map((note) => (
          <li key={note.id}>
            <Text size="sm" className={classes.words} dir="auto">
              {note.text}
            </Text>
            <Text size="xs" c="dimmed" component="div">
              <bdi>{note.author_name}</bdi> ·{' '}
              <Ago at={note.created_at} timeZone={business.timezone} />
            </Text>
          </li>
        ))}
      </ul>
    </section>
  )
}
