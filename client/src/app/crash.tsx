import { Button, Center, Code, Stack, Text, Title } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { useRouteError } from 'react-router'
import { useWords } from '../i18n'

/** What is shown when the page itself is at fault; also when a new version replaced its files. */
function CrashPage({ error }: { error: unknown }) {
  const { t } = useWords()
  return (
    <Center mih="70vh" p="lg">
      <Stack align="center" maw={440} ta="center" role="alert">
        <Title order={1} size="h3">
          {t('app.crashed')}
        </Title>
        <Text c="dimmed">{t('app.crashedText')}</Text>
        <Button onClick={() => window.location.reload()}>{t('app.reload')}</Button>
        <Code dir="ltr">{error instanceof Error ? error.message : String(error)}</Code>
      </Stack>
    </Center>
  )
}

export function RouteCrash() {
  return <CrashPage error={useRouteError()} />
}

interface State {
  error: unknown
}

/** Catches what the router's own boundary cannot: a fault outside the pages. */
export class CrashBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override render() {
    if (this.state.error !== null) return <CrashPage error={this.state.error} />
    return this.props.children
  }
}
