import { Button, Group, SimpleGrid, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useWords } from '../../i18n'

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#']

/** The keys of a phone: typed one by one, and sent as one, as a network tells them. */
export function Keypad({
  canPress,
  onPress,
}: {
  canPress: boolean
  onPress: (keys: string) => void
}) {
  const { t } = useWords()
  const [keys, setKeys] = useState('')
  const send = () => {
    onPress(keys)
    setKeys('')
  }
  return (
    <>
      <Group gap="xs" mb="xs" wrap="nowrap">
        <TextInput
          aria-label={t('simulator.call.keys')}
          dir="ltr"
          inputMode="tel"
          maxLength={64}
          value={keys}
          onChange={(event) => setKeys(event.currentTarget.value.replace(/[^0-9*#]/g, ''))}
          style={{ flex: 1 }}
          data-testid="call-keys-field"
        />
        <Button
          variant="default"
          disabled={!canPress || keys === ''}
          onClick={send}
          data-testid="call-keys-send"
        >
          {t('simulator.call.sendKeys')}
        </Button>
      </Group>
      <SimpleGrid cols={6} spacing={6} dir="ltr">
        {KEYS.map((key) => (
          <Button
            key={key}
            variant="default"
            px={0}
            onClick={() => setKeys((before) => (before + key).slice(0, 64))}
          >
            {key}
          </Button>
        ))}
      </SimpleGrid>
    </>
  )
}
