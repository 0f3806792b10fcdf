/** Files of a message: an image to look at, a voice note to hear, a document to download. What is not
 * there yet, or will not come, is said in words. */
import { Anchor, Group, Loader, Modal, Text, UnstyledButton } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../http'
import { isolate, useWordFor, useWords } from '../i18n'
import { useFormats } from '../i18n/format'
import classes from './attachments.module.css'
import { DownloadIcon, ImageIcon, MicrophoneIcon, PaperIcon, VideoIcon, WarningIcon } from './icons'

export type Attachment = Schemas['Attachment']
type Kind = Attachment['kind']

const ICONS = {
  image: ImageIcon,
  sticker: ImageIcon,
  audio: MicrophoneIcon,
  video: VideoIcon,
  document: PaperIcon,
}

export function KindIcon({ kind, size = 18 }: { kind: Kind; size?: number }) {
  const Icon = ICONS[kind]
  return <Icon size={size} />
}

export function Attachments({ files }: { files: Attachment[] }) {
  return (
    <div className={classes.files}>
      {files.map((file) => (
        <div key={file.id} data-testid={`attachment-${file.id}`}>
          {file.status === 'stored' ? <Stored file={file} /> : <NotThere file={file} />}
          {file.caption !== '' && (
            <div className={classes.words} dir="auto">
              {file.caption}
            </div>
          )}
        </div>
      ))}
    </div>
  )
}

function Stored({ file }: { file: Attachment }) {
  const [isBroken, setBroken] = useState(false)
  const onBroken = () => setBroken(true)
  if (file.kind === 'document') return <DocumentChip file={file} />
  if (isBroken) {
    return (
      <>
        <DocumentChip file={file} />
        {file.kind === 'audio' && <Transcript file={file} />}
      </>
    )
  }
  if (file.kind === 'audio') return <VoiceNote file={file} onBroken={onBroken} />
  if (file.kind === 'video') {
    return (
      <video
        controls
        playsInline
        preload="metadata"
        src={addressOf(file)}
        className={classes.video}
        onError={onBroken}
      />
    )
  }
  return <Picture file={file} onBroken={onBroken} />
}

interface PlayedProps {
  file: Attachment
  /** The browser cannot show it: it can still be downloaded. */
  onBroken: () => void
}

function Picture({ file, onBroken }: PlayedProps) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const [isOpen, setOpen] = useState(false)
  const words = file.caption === '' ? wordFor('attachmentKind', file.kind) : file.caption
  return (
    <>
      <UnstyledButton
        className={classes.thumbnail}
        onClick={() => setOpen(true)}
        aria-label={t('attachments.open', { name: isolate(words) })}
        data-kind={file.kind}
      >
        <img src={addressOf(file)} alt={words} loading="lazy" onError={onBroken} />
      </UnstyledButton>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={wordFor('attachmentKind', file.kind)}
        size="auto"
        centered
      >
        <img src={addressOf(file)} alt={words} className={classes.whole} />
        <Group justify="space-between" mt="sm" wrap="nowrap">
          <Text size="sm" dir="auto" className={classes.words}>
            {file.caption}
          </Text>
          <Anchor href={addressOf(file)} download className={classes.download}>
            <DownloadIcon size={16} /> {t('attachments.download')}
          </Anchor>
        </Group>
      </Modal>
    </>
  )
}

function VoiceNote({ file, onBroken }: PlayedProps) {
  const wordFor = useWordFor()
  return (
    <>
      <audio
        controls
        preload="metadata"
        src={addressOf(file)}
        className={classes.audio}
        aria-label={wordFor('attachmentKind', file.kind)}
        onError={onBroken}
      />
      <Transcript file={file} />
    </>
  )
}

function Transcript({ file }: { file: Attachment }) {
  const wordFor = useWordFor()
  const { transcript, transcript_status: status } = file
  if (status === null) return null
  return (
    <div data-testid="transcript">
      <Text size="xs" c="dimmed" component="div" className={classes.line}>
        {status === 'waiting' && <Loader size={12} />}
        {wordFor('transcript', status)}
      </Text>
      {transcript !== null && (
        <div className={classes.words} dir="auto">
          {transcript}
        </div>
      )}
    </div>
  )
}

function DocumentChip({ file }: { file: Attachment }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const formats = useFormats()
  const name = file.file_name ?? wordFor('attachmentKind', file.kind)
  const about = [typeOf(file), file.size === null ? '' : formats.bytes(file.size)]
  return (
    <a
      href={addressOf(file)}
      download
      className={classes.chip}
      aria-label={t('attachments.downloadNamed', { name: isolate(name) })}
    >
      <KindIcon kind={file.kind} size={24} />
      <span className={classes.chipText}>
        <bdi className={classes.name}>{name}</bdi>
        <Text size="xs" c="dimmed" component="span">
          {about.filter((word) => word !== '').join(' · ')}
        </Text>
      </span>
      <DownloadIcon size={18} />
    </a>
  )
}

/** Waiting, refused or failed; a name that is known is shown all the same. */
function NotThere({ file }: { file: Attachment }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const isWaiting = file.status === 'waiting'
  const reason: ReactNode = isWaiting
    ? t('attachments.waiting')
    : wordFor('attachmentReason', file.reason ?? 'unreachable')
  return (
    <div className={classes.chip} data-lost={!isWaiting || undefined} role="status">
      {isWaiting ? <Loader size={20} /> : <WarningIcon size={22} />}
      <span className={classes.chipText}>
        <bdi className={classes.name}>{file.file_name ?? wordFor('attachmentKind', file.kind)}</bdi>
        <Text size="xs" c="dimmed" component="span">
          {reason}
        </Text>
      </span>
    </div>
  )
}

function addressOf(file: Attachment): string {
  return `/api/business/current/attachments/${file.id}`
}

/** `PDF` for a name that ends in .pdf; nothing where a name tells nothing. */
function typeOf(file: Attachment): string {
  const ending = /\.([a-z0-9]{1,5})$/i.exec(file.file_name ?? '')?.[1]
  return ending?.toUpperCase() ?? (file.content_type === 'application/pdf' ? 'PDF' : '')
}
