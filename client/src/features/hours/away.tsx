import { NativeSelect, Stack, Text, Textarea, Title } from '@mantine/core'
import { useWords } from '../../i18n'
import classes from './hours.module.css'

const LONGEST = 1000
/** Stands in the text for when the business opens next. */
const OPENS = '{opens}'

/** Why the server would refuse the text, said before it is asked. */
export function awayFault(text: string, isOn: boolean): 'awayMissing' | 'awayBraces' | null {
  if (isOn && text.trim() === '') return 'awayMissing'
  const braced = text.match(/\{[^{}]*\}/g) ?? []
  return braced.some((word) => word !== OPENS) ? 'awayBraces' : null
}

interface Props {
  isOn: boolean
  text: string
  /** What the placeholder says next by the saved hours; empty where the business never closes. */
  opens: string
  onChange: (isOn: boolean, text: string) => void
}

/** What a customer on WhatsApp gets while the business is closed: the assistant, or a text. */
export function Away({ isOn, text, opens, onChange }: Props) {
  const { t } = useWords()
  const fault = awayFault(text, isOn)
  return (
    <Stack gap="sm">
      <div>
        <Title order={2} size="h4">
          {t('hours.away')}
        </Title>
        <Text c="dimmed" size="sm">
          {t('hours.awayText')}
        </Text>
      </div>
      <NativeSelect
        label={t('hours.awayChoice')}
        data={[
          { value: 'assistant', label: t('hours.awayOff') },
          { value: 'text', label: t('hours.awayOn') },
        ]}
        value={isOn ? 'text' : 'assistant'}
        onChange={(event) => onChange(event.currentTarget.value === 'text', text)}
        data-testid="away-choice"
      />
      {isOn && (
        <>
          <Textarea
            label={t('hours.awayWords')}
            description={t('hours.awayHint', { opens: OPENS })}
            rows={4}
            maxLength={LONGEST}
            value={text}
            error={fault !== null && t(`hours.${fault}`, { opens: OPENS })}
            onChange={(event) => onChange(isOn, event.currentTarget.value)}
            classNames={{ input: 'maane-any-direction' }}
            data-testid="away-text"
          />
          {opens === '' && <Text size="sm">{t('hours.awayNever')}</Text>}
          {opens !== '' && fault === null && (
            <div>
              <Text size="sm" fw={600}>
                {t('hours.awayPreview')}
              </Text>
              <div className={classes.preview} dir="auto" data-testid="away-preview">
                {text.trim().replaceAll(OPENS, opens)}
              </div>
            </div>
          )}
        </>
      )}
    </Stack>
  )
}
