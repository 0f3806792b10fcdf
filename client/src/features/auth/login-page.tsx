import { Button, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { Navigate, useLocation } from 'react-router'
import { useWords } from '../../i18n'
import { BrandMark } from '../../ui/brand'
import { ErrorNotice } from '../../ui/error-notice'
import { sessionQuery } from '../../ui/session'
import { LanguageSwitch, SchemeSwitch } from '../../ui/switches'
import classes from './login-page.module.css'
import { useSignIn } from './queries'

/** The path to return to. It comes from this page's own history and never from the address. */
function returnPathOf(state: unknown): string {
  const from = (state as { from?: unknown } | null)?.from
  return typeof from === 'string' && /^\/(?![/\\])/.test(from) ? from : '/'
}

export function LoginPage() {
  const { t } = useWords()
  const session = useQuery(sessionQuery)
  const signIn = useSignIn()
  const returnPath = returnPathOf(useLocation().state)
  const [missing, setMissing] = useState({ email: false, password: false })

  if (session.data) return <Navigate to={returnPath} replace />

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const email = String(fields.get('email') ?? '').trim()
    const password = String(fields.get('password') ?? '')
    setMissing({ email: email === '', password: password === '' })
    if (email !== '' && password !== '') signIn.mutate({ email, password })
  }

  return (
    <div className={classes.page}>
      <Group justify="flex-end" gap={4} p="md" component="header">
        <LanguageSwitch />
        <SchemeSwitch />
      </Group>
      <main className={classes.middle}>
        <form className={classes.card} onSubmit={submit} noValidate>
          <Stack gap="md">
            <Stack gap={6} align="center" mb="xs" ta="center">
              <BrandMark size={52} />
              <Title order={1} size="h2" mt={6}>
                {t('login.title')}
              </Title>
              <Text c="dimmed">{t('app.tagline')}</Text>
            </Stack>
            {returnPath !== '/' && (
              <Text size="sm" c="dimmed" ta="center">
                {t('login.continue')}
              </Text>
            )}
            {signIn.isError && <ErrorNotice error={signIn.error} />}
            <TextInput
              label={t('login.email')}
              name="email"
              type="email"
              inputMode="email"
              autoComplete="username"
              autoFocus
              size="md"
              dir="ltr"
              labelProps={{ className: classes.label }}
              error={missing.email && t('login.emailMissing')}
              data-testid="login-email"
            />
            <PasswordInput
              label={t('login.password')}
              name="password"
              autoComplete="current-password"
              size="md"
              dir="ltr"
              labelProps={{ className: classes.label }}
              error={missing.password && t('login.passwordMissing')}
              data-testid="login-password"
            />
            <Button
              type="submit"
              size="md"
              fullWidth
              mt="xs"
              loading={signIn.isPending}
              data-testid="login-submit"
            >
              {t('login.submit')}
            </Button>
          </Stack>
        </form>
      </main>
    </div>
  )
}
