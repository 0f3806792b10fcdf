import { Group, Text } from '@mantine/core'
import { useWords } from '../i18n'

export function BrandMark({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" fill="#0d6e67" />
      <path
        d="M8 9.500h16a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-5.500L13 26v-4.500H8a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2z"
        fill="#fff"
      />
      <g fill="#0d6e67">
        <circle cx="11.500" cy="15.500" r="1.500" />
        <circle cx="16" cy="15.500" r="1.500" />
        <circle cx="20.500" cy="15.500" r="1.500" />
      </g>
    </svg>
  )
}

export function Brand() {
  const { t } = useWords()
  return (
    <Group gap={10} wrap="nowrap">
      <BrandMark />
      <Text fw={700} size="lg">
        {t('app.name')}
      </Text>
    </Group>
  )
}
