/** Why a message of ours did not arrive, in the reader's language, and after it what the provider said. */
import { Text } from '@mantine/core'
import { useWordFor } from '../i18n'

/** Codes of Meta (error codes of the Cloud API) and of Twilio (20xxx to 63xxx; no two mean different
 * things), by the sentence that says what they mean for whoever reads it. */
export const CODES: Record<string, readonly number[]> = {
  window_closed: [131047, 63016],
  undeliverable: [131026, 63003, 63024],
  credentials: [0, 190, 20003],
  permission: [3, 10, 131005],
  busy: [4, 80007, 130429, 131056, 20429, 63018],
  limit: [131048, 131064, 133016, 63038],
  restricted: [368, 131031, 63051],
  country: [130497],
  marketing: [131049, 131050, 130472, 63032, 63049],
  blocked: [130403, 63033],
  unsupported: [131051, 63030],
  file: [131052, 131053, 63019],
  malformed: [100, 131008, 131009, 63021],
  temporary: [1, 2, 131000, 131016, 133004, 135000, 20500, 20503],
  same_number: [131021, 63031],
  test_number: [131030, 63015],
  not_registered: [131037, 131045, 133010, 63007],
  payment: [131042],
  maintenance: [131057],
  phone_needed: [131062],
  template: [
    132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 63027, 63028, 63041, 63042,
  ],
  identity: [137000],
  wrong_number: [21211],
  unknown_account: [20404],
  opted_out: [21610],
  too_long: [21617],
  not_joined: [63020],
}

const PERMISSIONS = { first: 200, last: 299 }
const NAMES = new Map(Object.entries(CODES).flatMap(([name, of]) => of.map((code) => [code, name])))
/** A word of ours or a code, alone or with what the provider said. Anything else was written by an older
 * version, which kept whole sentences. */
const REASON = /^([a-z_]+|\d+)(?:: (.*))?$/s

function nameOf(code: number): string {
  if (code >= PERMISSIONS.first && code <= PERMISSIONS.last) return 'permission'
  return NAMES.get(code) ?? 'refused'
}

/** The sentence for a reason that the server kept, and the code and words to show behind it. */
export function partsOf(reason: string): { name: string | null; own: string } {
  const [, given, words = ''] = REASON.exec(reason) ?? []
  if (given === undefined) return { name: null, own: reason }
  const code = Number(given)
  if (Number.isNaN(code)) return { name: given, own: words }
  return { name: nameOf(code), own: words === '' ? given : `${given}: ${words}` }
}

/** One line under a message, or behind a delivery. */
export function Reason({ reason }: { reason: string }) {
  const wordFor = useWordFor()
  const { name, own } = partsOf(reason)
  return (
    <>
      {name !== null && <bdi>{wordFor('messageError', name)}</bdi>}
      {name !== null && own !== '' && ' · '}
      {own !== '' && <bdi dir="auto">{own}</bdi>}
    </>
  )
}

/** Why a message failed, or was kept back. */
export function Unsent({ status, reason }: { status: string; reason: string }) {
  const wordFor = useWordFor()
  if (status === 'withheld') {
    return (
      <Text size="xs" c="dimmed">
        <bdi>{wordFor('withheldReason', reason)}</bdi>
      </Text>
    )
  }
  return (
    <Text size="xs" c="red">
      <Reason reason={reason} />
    </Text>
  )
}
