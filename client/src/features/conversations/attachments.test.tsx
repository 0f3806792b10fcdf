import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import type { Schemas } from '../../http'
import he from '../../i18n/he.json'
import { PATH } from '../../test/inbox'
import { openApp } from '../../test/render'
import { owner } from '../../test/people'
import { answerWith } from '../../test/server'
import { at, conversation, message } from '../../test/talk'

type Attachment = Schemas['Attachment']

const image: Attachment = {
  id: 7,
  kind: 'image',
  status: 'stored',
  reason: null,
  file_name: null,
  content_type: 'image/jpeg',
  size: 81_920,
  caption: 'ככה זה נראה',
  transcript_status: null,
  transcript: null,
}
const note: Attachment = {
  ...image,
  id: 8,
  kind: 'audio',
  content_type: 'audio/ogg',
  caption: '',
  transcript_status: 'done',
  transcript: 'אפשר תור למחר?',
}
const paper: Attachment = {
  ...image,
  id: 9,
  kind: 'document',
  file_name: 'חוזה שכירות.pdf',
  content_type: 'application/pdf',
  size: 3 * 1024 * 1024,
  caption: '',
}

async function open(...files: Attachment[]) {
  const sent = { ...message, text: '[image] words for the model', attachments: files }
  const last = { text: '', kind: files[0]?.kind ?? null, author: 'customer', status: 'received' }
  const shown = { ...conversation, last_message: last, last_message_at: at }
  answerWith('get', PATH, { items: [shown], next: null })
  answerWith('get', `${PATH}/3`, shown)
  answerWith('get', `${PATH}/3/messages`, { items: [sent], next: null })
  answerWith('get', `${PATH}/3/notes`, { items: [], next: null })
  answerWith('get', '/api/business/current/users', { items: [] })
  answerWith('put', `${PATH}/3/read`, { message_id: message.id })
  openApp('/conversations/3', owner)
  return screen.findByTestId(`attachment-${files[0]?.id}`)
}

describe('the files of a message', () => {
  it('shows an image small and, when it is clicked, whole', async () => {
    const user = userEvent.setup()
    const shown = await open(image)
    const small = within(shown).getByRole('img', { name: 'ככה זה נראה' })
    expect(small).toHaveAttribute('src', '/api/business/current/attachments/7')
    expect(screen.queryByText(/words for the model/)).not.toBeInTheDocument()
    await user.click(within(shown).getByRole('button'))
    const dialog = await screen.findByRole('dialog')
    expect(within(dialog).getByRole('img', { name: 'ככה זה נראה' })).toBeInTheDocument()
    expect(within(dialog).getByRole('link')).toHaveAttribute('download')
    await user.keyboard('{Escape}')
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument())
  })

  it('plays a voice note above what was said in it', async () => {
    const shown = await open(note)
    const player = within(shown).getByLabelText(he.attachmentKind.audio)
    expect(player).toHaveAttribute('src', '/api/business/current/attachments/8')
    expect(within(shown).getByTestId('transcript')).toHaveTextContent('אפשר תור למחר?')
    expect(shown).toHaveTextContent(he.transcript.done)
  })

  it.each(['waiting', 'failed', 'off'] as const)('says that a transcript is %s', async (status) => {
    const shown = await open({ ...note, transcript_status: status, transcript: null })
    expect(within(shown).getByTestId('transcript')).toHaveTextContent(he.transcript[status])
  })

  it('offers a file to download that the browser cannot play', async () => {
    const shown = await open(note)
    fireEvent.error(within(shown).getByLabelText(he.attachmentKind.audio))
    expect(within(shown).getByRole('link')).toHaveAttribute('download')
    expect(within(shown).getByTestId('transcript')).toHaveTextContent('אפשר תור למחר?')
  })

  it('names a document with its type and size', async () => {
    const link = within(await open(paper)).getByRole('link')
    expect(link).toHaveTextContent('חוזה שכירות.pdf')
    expect(link).toHaveTextContent(/PDF · 3\s?MB|PDF · .*3/)
    expect(link).toHaveAttribute('href', '/api/business/current/attachments/9')
  })

  it('says of a file that it is on its way', async () => {
    const shown = await open({ ...paper, status: 'waiting', content_type: null, size: null })
    expect(shown).toHaveTextContent(he.attachments.waiting)
    expect(within(shown).queryByRole('link')).not.toBeInTheDocument()
  })

  it.each(Object.entries(he.attachmentReason))(
    'says why a file is not there: %s',
    async (reason, words) => {
      const lost = { ...image, status: 'refused' as const, reason: reason as Attachment['reason'] }
      const shown = await open(lost)
      expect(shown).toHaveTextContent(words)
      expect(within(shown).queryByRole('img')).not.toBeInTheDocument()
    },
  )

  it('names the kind in the list where there are no words', async () => {
    await open(note)
    expect(await screen.findByTestId('conversation-3')).toHaveTextContent(he.attachmentKind.audio)
  })
})
