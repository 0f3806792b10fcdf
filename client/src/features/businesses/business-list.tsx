import { ActionIcon, Badge, Button, Group, Menu, Text } from '@mantine/core'
import { isolate, useWordFor, useWords } from '../../i18n'
import { EditIcon, EnterIcon, MoreIcon, PauseIcon, SparkIcon } from '../../ui/icons'
import { useSession } from '../../ui/session'
import { StatusBadge } from '../../ui/status-badge'
import { PhoneText } from '../../ui/text'
import classes from './businesses.module.css'
import type { Business } from './queries'

interface Props {
  businesses: Business[]
  onEnter: (business: Business) => void
  onEdit: (business: Business) => void
  onToggle: (business: Business) => void
}

export function BusinessList({ businesses, onEnter, onEdit, onToggle }: Props) {
  const { t } = useWords()
  const wordFor = useWordFor()
  const { tenant } = useSession()
  return (
    <ul className={classes.list}>
      {businesses.map((business) => {
        const isSuspended = business.status === 'suspended'
        const name = isolate(business.name)
        return (
          <li key={business.id} className={classes.row} data-testid={`business-${business.id}`}>
            <div className={classes.who}>
              <Group gap="xs">
                <Text fw={600}>
                  <bdi>{business.name}</bdi>
                </Text>
                <StatusBadge group="businessStatus" status={business.status} />
                {tenant?.id === business.id && (
                  <Badge variant="outline" tt="none">
                    {t('businesses.current')}
                  </Badge>
                )}
              </Group>
              <Text size="sm" c="dimmed">
                {business.phone !== null && (
                  <>
                    <PhoneText phone={business.phone} /> ·{' '}
                  </>
                )}
                {wordFor('language', business.language)} · <bdi dir="ltr">{business.timezone}</bdi>
              </Text>
            </div>
            <Group gap={6} wrap="nowrap">
              <Button
                variant="light"
                leftSection={<EnterIcon size={18} isDirectional />}
                disabled={isSuspended}
                aria-label={t('businesses.enterNamed', { name })}
                onClick={() => onEnter(business)}
                data-testid={`business-enter-${business.id}`}
              >
                {t('businesses.enter')}
              </Button>
              <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
                <Menu.Target>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size="lg"
                    aria-label={t('businesses.more', { name })}
                    data-testid={`business-more-${business.id}`}
                  >
                    <MoreIcon />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    leftSection={<EditIcon size={18} />}
                    onClick={() => onEdit(business)}
                    data-testid={`business-edit-${business.id}`}
                  >
                    {t('common.edit')}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={isSuspended ? <SparkIcon size={18} /> : <PauseIcon size={18} />}
                    onClick={() => onToggle(business)}
                    data-testid={`business-toggle-${business.id}`}
                  >
                    {isSuspended ? t('businesses.reactivate') : t('businesses.suspend')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </Group>
          </li>
        )
      })}
    </ul>
  )
}
