import { Drawer, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useWordFor, useWords } from '../../i18n'
import { EntryForm } from '../../ui/entry-form'
import { useFieldErrors } from '../../ui/error-words'
import { FACT_KINDS, useSaveFact, type Fact, type FactKind } from './queries'

interface Props {
  businessId: number
  /** Null writes a new one down. */
  fact: Fact | null
  onSaved: () => void
  onClose: () => void
}

export function FactForm({ businessId, fact, onSaved, onClose }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const fieldErrors = useFieldErrors()
  const save = useSaveFact(businessId)
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: {
      kind: (fact?.kind ?? 'hours') as FactKind,
      title: fact?.title ?? '',
      text: fact?.text ?? '',
    },
    validate: {
      title: (value) => (value.trim() === '' ? t('facts.titleMissing') : null),
      text: (value) => (value.trim() === '' ? t('facts.textMissing') : null),
    },
  })

  const submit = form.onSubmit(({ kind, title, text }) => {
    save.mutate(
      {
        id: fact?.id ?? null,
        body: { kind, title: title.trim(), text: text.trim(), position: fact?.position ?? null },
      },
      { onSuccess: onSaved, onError: (error) => form.setErrors(fieldErrors(error)) },
    )
  })

  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      title={fact === null ? t('facts.create') : t('facts.editTitle')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <EntryForm
        onSubmit={submit}
        onClose={onClose}
        save={save}
        fields={Object.keys(form.getValues())}
        saveLabel={t('facts.save')}
        testId="fact-save"
      >
        <NativeSelect
          label={t('facts.kind')}
          data={FACT_KINDS.map((value) => ({ value, label: wordFor('factKind', value) }))}
          key={form.key('kind')}
          {...form.getInputProps('kind')}
          data-testid="fact-kind"
        />
        <TextInput
          label={t('facts.name')}
          description={t('facts.nameHint')}
          required
          data-autofocus
          maxLength={200}
          classNames={{ input: 'maane-any-direction' }}
          autoComplete="off"
          key={form.key('title')}
          {...form.getInputProps('title')}
          data-testid="fact-title"
        />
        <Textarea
          label={t('facts.text')}
          description={t('facts.textHint')}
          required
          rows={6}
          maxLength={2000}
          classNames={{ input: 'maane-any-direction' }}
          key={form.key('text')}
          {...form.getInputProps('text')}
          data-testid="fact-text"
        />
      </EntryForm>
    </Drawer>
  )
}
