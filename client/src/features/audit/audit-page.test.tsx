import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { isolate } from '../../i18n'
import { CLINIC, owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith } from '../../test/server'

const entry = {
  id: 1,
  action: 'lead.changed',
  actor: { id: 2, name: 'נועה ברק', email: 'noa@agency.example' },
  impersonating: true,
  reason: 'לבקשת הבעלים',
  subject: 'lead:7 note,status',
  at: '2026-03-01T10:00:00Z',
}

async function show(changes: Partial<Record<keyof typeof entry, unknown>>) {
  answerWith('get', '/api/business/current/audit', {
    items: [{ ...entry, ...changes } as never],
    next: null,
  })
  openApp('/audit', owner)
  return screen.findByTestId('audit-1')
}

describe('the audit log', () => {
  it('names who acted inside the business, and why', async () => {
    const row = await show({})
    expect(row).toHaveTextContent('נועה ברק')
    expect(row).toHaveTextContent('noa@agency.example')
    expect(row).toHaveTextContent(`בתוך ${isolate(CLINIC.name)}`)
    expect(row).toHaveTextContent('לבקשת הבעלים')
  })

  it('says what changed on which row', async () => {
    const row = await show({})
    expect(row).toHaveTextContent(he.auditAction.lead.changed)
    expect(row).toHaveTextContent(`${he.fields.note}, ${he.fields.status}`)
  })

  it('names Maane itself where no person acted, and shows an action it has no words for', async () => {
    const row = await show({
      actor: null,
      impersonating: false,
      reason: null,
      action: 'robot.woke',
    })
    expect(row).toHaveTextContent(he.audit.system)
    expect(row).toHaveTextContent('robot.woke')
  })
})
