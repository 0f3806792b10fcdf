import { ActionIcon, Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { Schemas } from '../../http'
import { isolate, useWordFor, useWords } from '../../i18n'
import { ErrorNotice } from '../../ui/error-notice'
import { DeleteIcon, PlusIcon } from '../../ui/icons'
import { useStageName, type Stage } from '../../ui/lead-stages'
import { useSaveStages } from './queries'

type Kind = Schemas['StageBody']['kind']
const KINDS: Kind[] = ['open', 'won', 'lost']
const MOST = 20

interface Row {
  /** Tells the rows apart while those that are new have no key. */
  id: string
  key: string | null
  name: string
  kind: Kind
  leads: number
}

interface Props {
  businessId: number
  stages: Stage[]
  onSaved: () => void
  onClose: () => void
}

/** Renames, reorders, adds and removes stages; all of it is saved at once. */
export function StagesDialog({ businessId, stages, onSaved, onClose }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const nameOf = useStageName()
  const save = useSaveStages(businessId)
  const [rows, setRows] = useState<Row[]>(() =>
    stages.map(({ key, name, kind, leads }) => ({
      id: key,
      key,
      name: name ?? '',
      kind: kind as Kind,
      leads,
    })),
  )
  const [moveTo, setMoveTo] = useState<Record<string, string>>({})
  const [added, setAdded] = useState(0)
  const titleOf = (row: Row) => {
    if (row.name.trim() !== '') return row.name.trim()
    return row.key === null ? t('leads.stageNew') : nameOf(row.key, null)
  }
  const staying = rows.filter(({ key }) => key !== null)
  const emptied = stages.filter(
    ({ key, leads }) => leads > 0 && !rows.some((row) => row.key === key),
  )

  const change = (id: string, values: Partial<Row>) =>
    setRows(rows.map((row) => (row.id === id ? { ...row, ...values } : row)))
  const swap = (index: number, other: number) => {
    const next = [...rows]
    const [row] = next.splice(index, 1)
    if (row !== undefined) next.splice(other, 0, row)
    setRows(next)
  }
  const targetOf = (key: string) => {
    const chosen = moveTo[key]
    return staying.some((row) => row.key === chosen) ? chosen : staying[0]?.key
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const moves = emptied.flatMap(({ key }) => {
      const target = targetOf(key)
      return target == null ? [] : [[key, target] as const]
    })
    save.mutate(
      {
        stages: rows.map(({ key, name, kind }) => ({ key, name: name.trim() || null, kind })),
        move_to: Object.fromEntries(moves),
      },
      { onSuccess: onSaved },
    )
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('leads.stagesTitle')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {save.isError && <ErrorNotice error={save.error} />}
          {rows.map((row, index) => (
            <Group key={row.id} gap={6} wrap="nowrap" data-testid={`stage-${row.id}`}>
              <TextInput
                aria-label={t('leads.stageName')}
                placeholder={titleOf({ ...row, name: '' })}
                value={row.name}
                maxLength={60}
                onChange={(event) => change(row.id, { name: event.currentTarget.value })}
                classNames={{ input: 'maane-any-direction' }}
                style={{ flex: 2, minInlineSize: 0 }}
                data-testid={`stage-name-${row.id}`}
              />
              <NativeSelect
                aria-label={t('leads.stageKind')}
                value={row.kind}
                onChange={(event) => change(row.id, { kind: event.currentTarget.value as Kind })}
                data={KINDS.map((value) => ({ value, label: wordFor('stageKind', value) }))}
                style={{ flex: 1, minInlineSize: 0 }}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={index === 0}
                aria-label={t('leads.stageUp', { name: isolate(titleOf(row)) })}
                onClick={() => swap(index, index - 1)}
                data-testid={`stage-up-${row.id}`}
              >
                ↑
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={index === rows.length - 1}
                aria-label={t('leads.stageDown', { name: isolate(titleOf(row)) })}
                onClick={() => swap(index, index + 1)}
              >
                ↓
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={t('leads.stageRemove', { name: isolate(titleOf(row)) })}
                onClick={() => setRows(rows.filter(({ id }) => id !== row.id))}
                data-testid={`stage-remove-${row.id}`}
              >
                <DeleteIcon size={18} />
              </ActionIcon>
            </Group>
          ))}
          <Group>
            <Button
              variant="default"
              size="xs"
              leftSection={<PlusIcon size={16} />}
              disabled={rows.length >= MOST}
              onClick={() => {
                const row: Row = { id: `+${added}`, key: null, name: '', kind: 'open', leads: 0 }
                setRows([...rows, row])
                setAdded(added + 1)
              }}
              data-testid="stage-add"
            >
              {t('leads.stageAdd')}
            </Button>
          </Group>
          {emptied.map(({ key, name }) => (
            <NativeSelect
              key={key}
              label={t('leads.stageMoveTo', { name: isolate(nameOf(key, name)) })}
              value={targetOf(key) ?? ''}
              onChange={(event) => setMoveTo({ ...moveTo, [key]: event.currentTarget.value })}
              data={staying.map((row) => ({ value: row.key ?? '', label: titleOf(row) }))}
              data-testid={`stage-move-${key}`}
            />
          ))}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending} data-testid="stages-save">
              {t('leads.stagesSave')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
