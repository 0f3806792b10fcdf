/** The frame that every page shares: its title, its cards, its emptiness. */
import { Box, Button, Group, Loader, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../i18n'
import classes from './page.module.css'

interface PageTitleProps {
  title: ReactNode
  subtitle?: ReactNode
  actions?: ReactNode
}

export function PageTitle({ title, subtitle, actions }: PageTitleProps) {
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="md">
      <Box className={classes.titleText}>
        <Title order={1} size="h2">
          {title}
        </Title>
        {subtitle !== undefined && (
          <Text c="dimmed" mt={4} maw={640}>
            {subtitle}
          </Text>
        )}
      </Box>
      {actions !== undefined && <Group gap="sm">{actions}</Group>}
    </Group>
  )
}

export function Card({ children, isFlush = false }: { children: ReactNode; isFlush?: boolean }) {
  return (
    <div className={classes.card} data-flush={isFlush || undefined}>
      {children}
    </div>
  )
}

interface EmptyStateProps {
  icon: ReactNode
  title: string
  text?: string | undefined
  action?: ReactNode
  /** True where it is the whole page, whose title it then is. */
  isPage?: boolean
}

export function EmptyState({ icon, title, text, action, isPage = false }: EmptyStateProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center">
      <div className={classes.emptyIcon}>{icon}</div>
      <Text fw={600} component={isPage ? 'h1' : 'p'} m={0}>
        {title}
      </Text>
      {text !== undefined && (
        <Text c="dimmed" size="sm" maw={380}>
          {text}
        </Text>
      )}
      {action !== undefined && <Box mt="sm">{action}</Box>}
    </Stack>
  )
}

export function Loading() {
  const { t } = useWords()
  return (
    <Group justify="center" py="xl" role="status" aria-label={t('common.loading')}>
      <Loader size="sm" type="dots" />
    </Group>
  )
}

interface MoreProps {
  hasMore: boolean
  isLoading: boolean
  onMore: () => void
}

/** The foot of a list that is read page by page. */
export function LoadMore({ hasMore, isLoading, onMore }: MoreProps) {
  const { t } = useWords()
  if (!hasMore) return null
  return (
    <Group justify="center" py="md">
      <Button variant="default" loading={isLoading} onClick={onMore} data-testid="load-more">
        {t('common.loadMore')}
      </Button>
    </Group>
  )
}
