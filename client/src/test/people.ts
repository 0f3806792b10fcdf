/** The cast of the tests. */
import type { Me } from '../ui/session'

export const CLINIC = {
  id: 1,
  name: 'מרפאת ד״ר לוי',
  language: 'he',
  timezone: 'Asia/Jerusalem',
}

export const owner: Me = {
  user: { id: 3, email: 'owner@example.com', name: 'אורית לוי', role: 'business', tenant_id: 1 },
  tenant: CLINIC,
  impersonation: null,
}

export const admin: Me = {
  user: { id: 2, email: 'admin@example.com', name: 'נועה ברק', role: 'admin', tenant_id: null },
  tenant: null,
  impersonation: null,
}

/** The admin inside the clinic, with this many seconds left. */
export function adminInside(secondsLeft: number) {
  const now = Date.now()
  return {
    ...admin,
    tenant: CLINIC,
    impersonation: {
      business: { id: CLINIC.id, name: CLINIC.name },
      started_at: new Date(now - 60_000).toISOString(),
      expires_at: new Date(now + secondsLeft * 1000).toISOString(),
      reason: 'עדכון שעות',
      is_active: true,
    },
  } satisfies Me
}
