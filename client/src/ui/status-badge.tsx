import { Badge } from '@mantine/core'
import { useWordFor } from '../i18n'

const COLORS: Record<string, string> = {
  active: 'green',
  suspended: 'red',
}

interface Props {
  group: 'businessStatus'
  status: string
}

export function StatusBadge({ group, status }: Props) {
  const wordFor = useWordFor()
  return (
    <Badge
      variant="light"
      color={COLORS[status] ?? 'gray'}
      tt="none"
      fw={600}
      style={{ flexShrink: 0 }}
      data-status={status}
    >
      {wordFor(group, status)}
    </Badge>
  )
}
