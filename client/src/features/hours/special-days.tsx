import { ActionIcon, Button, Group, NativeSelect, Text, TextInput, Title } from '@mantine/core'
import { useWords } from '../../i18n'
import { DeleteIcon, PlusIcon } from '../../ui/icons'
import classes from './hours.module.css'
import type { SpecialDay } from './queries'

const DAY_MS = 86_400_000
const MOST_DAYS = 366
const MOST = 200

/** What the server would refuse, said before it is asked. */
export function isSpecialWrong({ first, last }: SpecialDay): boolean {
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS
  return !(days >= 0 && days <= MOST_DAYS)
}

interface Props {
  days: SpecialDay[]
  onChange: (days: SpecialDay[]) => void
}

/** Days on which the business is closed, or open although it would not be. */
export function SpecialDays({ days, onChange }: Props) {
  const { t } = useWords()
  const change = (index: number, values: Partial<SpecialDay>) =>
    onChange(days.map((day, other) => (other === index ? { ...day, ...values } : day)))
  return (
    <div>
      <Title order={2} size="h4">
        {t('hours.own')}
      </Title>
      <Text c="dimmed" size="sm">
        {t('hours.ownText')}
      </Text>
      {days.map((day, index) => (
        <div key={index} className={classes.special} role="group" aria-label={day.name}>
          <TextInput
            type="date"
            label={t('hours.first')}
            value={day.first}
            onChange={(event) => {
              const first = event.currentTarget.value
              const isLater = day.last === '' || day.last < first
              change(index, isLater ? { first, last: first } : { first })
            }}
            data-testid={`special-first-${index}`}
          />
          <TextInput
            type="date"
            label={t('hours.last')}
            value={day.last}
            onChange={(event) => change(index, { last: event.currentTarget.value })}
            data-testid={`special-last-${index}`}
          />
          <TextInput
            label={t('hours.name')}
            value={day.name ?? ''}
            maxLength={100}
            dir="auto"
            onChange={(event) => change(index, { name: event.currentTarget.value })}
            data-testid={`special-name-${index}`}
          />
          <NativeSelect
            label={t('hours.kind')}
            data={[
              { value: 'closed', label: t('hours.isClosed') },
              { value: 'open', label: t('hours.isOpen') },
            ]}
            value={day.is_open === true ? 'open' : 'closed'}
            onChange={(event) => change(index, { is_open: event.currentTarget.value === 'open' })}
            data-testid={`special-kind-${index}`}
          />
          <ActionIcon
            variant="subtle"
            color="red"
            size="lg"
            aria-label={t('hours.removeOwn', { name: day.name ?? '' })}
            onClick={() => onChange(days.filter((_, other) => other !== index))}
            data-testid={`special-remove-${index}`}
          >
            <DeleteIcon />
          </ActionIcon>
          {isSpecialWrong(day) && (
            <Text size="sm" c="red.9" role="alert">
              {t('hours.ownWrong')}
            </Text>
          )}
        </div>
      ))}
      {days.length < MOST && (
        <Group mt="xs">
          <Button
            variant="subtle"
            leftSection={<PlusIcon size={16} />}
            onClick={() => onChange([...days, { first: '', last: '', name: '', is_open: false }])}
            data-testid="special-add"
          >
            {t('hours.addOwn')}
          </Button>
        </Group>
      )}
    </div>
  )
}
