/** Text whose direction must not depend on the page's. */
import { Anchor, Text } from '@mantine/core'
import { useState } from 'react'
import { isolate, useWords } from '../i18n'
import { useFormats } from '../i18n/format'
import { serverNow } from '../http'

/** A number of a phone, which reads from left to right in every language. */
export function PhoneText({ phone }: { phone: string }) {
  return (
    <bdi dir="ltr" style={{ whiteSpace: 'nowrap' }}>
      {phone}
    </bdi>
  )
}

export function PhoneLink({ phone }: { phone: string }) {
  const { t } = useWords()
  return (
    <Anchor
      href={`tel:${phone}`}
      size="sm"
      aria-label={t('leads.call', { phone: isolate(phone) })}
      onClick={(event) => event.stopPropagation()}
    >
      <PhoneText phone={phone} />
    </Anchor>
  )
}

/** How long ago, with the exact time as its title. */
export function Ago({ at, timeZone }: { at: string; timeZone?: string }) {
  const formats = useFormats(timeZone)
  const [now] = useState(serverNow)
  return (
    <Text component="time" dateTime={at} title={formats.dateTime(at)} inherit>
      {formats.ago(at, Math.max(now, new Date(at).getTime()))}
    </Text>
  )
}
