import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { useWords } from '../../i18n'
import { CallIcon, MicrophoneIcon } from '../../ui/icons'
import { MessageField } from '../../ui/message-field'
import { Keypad } from './keypad'
import classes from './simulator.module.css'
import type { useTalk } from './use-talk'

/** What the caller can do: speak or type, press keys, be silent, speak over what is said, hang up. */
export function CallControls({ talk }: { talk: ReturnType<typeof useTalk> }) {
  const { t } = useWords()
  const [text, setText] = useState('')
  const [hasKeys, setKeys] = useState(false)
  const type = (words: string) => {
    setText(words)
    talk.mumble(words)
  }
  return (
    <div className={classes.compose}>
      <MessageField
        label={t('simulator.call.words')}
        placeholder={t('simulator.call.wordsPlaceholder')}
        sendLabel={t('simulator.call.say')}
        value={text}
        rows={1}
        maxLength={1000}
        canSend={talk.isListening && text.trim() !== ''}
        isPending={false}
        onChange={type}
        onSend={() => talk.say(text, () => setText(''))}
        testId="call-words"
        sendTestId="call-say"
      />
      <Group gap={6} mt={8}>
        {talk.canHear && (
          <Button
            size="compact-sm"
            variant={talk.isHearing ? 'filled' : 'default'}
            leftSection={<MicrophoneIcon size={16} />}
            disabled={!talk.isListening}
            onClick={talk.isHearing ? talk.stopHearing : talk.hear}
            data-testid="call-hear"
          >
            {talk.isHearing ? t('simulator.call.hearing') : t('simulator.call.speak')}
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="default"
          disabled={!talk.isSpeaking}
          onClick={talk.interrupt}
          data-testid="call-interrupt-now"
        >
          {t('simulator.call.interrupt')}
        </Button>
        {talk.call?.engine !== 'relay' && (
          <Button
            size="compact-sm"
            variant="default"
            disabled={!talk.isListening}
            onClick={talk.beSilent}
            data-testid="call-be-silent"
          >
            {t('simulator.call.beSilent')}
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={hasKeys}
          onClick={() => setKeys(!hasKeys)}
          data-testid="call-keypad"
        >
          {t('simulator.call.keypad')}
        </Button>
        <Button
          size="compact-sm"
          color="red"
          variant="light"
          ms="auto"
          leftSection={<CallIcon size={16} />}
          onClick={talk.hangUp}
          data-testid="call-hang-up"
        >
          {t('simulator.call.hangUp')}
        </Button>
      </Group>
      {talk.earError !== null && (
        <Text size="xs" c="red" mt={6} role="alert">
          {talk.earError === 'not-allowed'
            ? t('simulator.call.earRefused')
            : t('simulator.call.earFailed')}
        </Text>
      )}
      {hasKeys && (
        <div className={classes.keys}>
          <Keypad canPress={talk.isListening} onPress={talk.press} />
        </div>
      )}
    </div>
  )
}
