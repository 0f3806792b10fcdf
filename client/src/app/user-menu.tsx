import { ActionIcon, Menu, Text } from '@mantine/core'
import { Link } from 'react-router'
import { useWordFor, useWords } from '../i18n'
import { DevicesIcon, SignOutIcon, UserIcon } from '../ui/icons'
import { useSession } from '../ui/session'

export function UserMenu({ onSignOut }: { onSignOut: () => void }) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const { user } = useSession()
  return (
    <Menu position="bottom-end" width={240} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon
          variant="light"
          size="lg"
          radius="xl"
          aria-label={t('nav.account')}
          data-testid="user-menu"
        >
          <UserIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <div style={{ padding: '8px 12px' }}>
          <Text fw={600} truncate>
            <bdi>{user.name}</bdi>
          </Text>
          <Text size="sm" c="dimmed" truncate>
            <bdi dir="ltr">{user.email}</bdi>
          </Text>
          <Text size="xs" c="dimmed" mt={2}>
            {wordFor('role', user.role)}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item
          component={Link}
          to="/account/sessions"
          leftSection={<DevicesIcon size={18} />}
          data-testid="my-sessions"
        >
          {t('nav.sessions')}
        </Menu.Item>
        <Menu.Item
          leftSection={<SignOutIcon size={18} isDirectional />}
          onClick={onSignOut}
          data-testid="sign-out"
        >
          {t('nav.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
