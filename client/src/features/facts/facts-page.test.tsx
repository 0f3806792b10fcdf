import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith, refuseWith } from '../../test/server'

const FACTS = '/api/business/current/facts'
const hours = {
  id: 4,
  kind: 'hours',
  title: 'שעות פתיחה',
  text: 'א–ה 9:00–18:00',
  position: 1,
  created_at: '2026-03-01T10:00:00Z',
  updated_at: '2026-03-01T10:00:00Z',
}
const price = { ...hours, id: 5, kind: 'price', title: 'תספורת', text: '120 ש״ח', position: 2 }

describe('business facts', () => {
  it('are shown by kind', async () => {
    answerWith('get', FACTS, { items: [price, hours], limit: 200 })
    openApp('/facts', owner)
    const prices = await screen.findByTestId('facts-price')
    expect(within(prices).getByRole('heading')).toHaveTextContent(he.factKind.price)
    expect(within(prices).getByTestId('fact-5')).toHaveTextContent('120 ש״ח')
    expect(within(prices).queryByTestId('fact-4')).toBeNull()
    expect(screen.queryByTestId('facts-service')).toBeNull()
  })

  it('are written down', async () => {
    const user = userEvent.setup()
    answerWith('get', FACTS, { items: [], limit: 200 })
    const sent = answerWith('post', FACTS, price, { status: 201 })
    openApp('/facts', owner)
    expect(await screen.findByText(he.facts.empty)).toBeInTheDocument()
    await user.click(screen.getByTestId('fact-create'))
    await user.click(await screen.findByTestId('fact-save'))
    expect(await screen.findByText(he.facts.titleMissing)).toBeInTheDocument()
    expect(sent).toHaveLength(0)
    await user.selectOptions(screen.getByTestId('fact-kind'), 'price')
    await user.type(screen.getByTestId('fact-title'), ' תספורת ')
    await user.type(screen.getByTestId('fact-text'), '120 ש״ח')
    await user.click(screen.getByTestId('fact-save'))
    expect(await screen.findByText(he.facts.created)).toBeInTheDocument()
    expect(sent[0]?.body).toEqual({
      kind: 'price',
      title: 'תספורת',
      text: '120 ש״ח',
      position: null,
    })
  })

  it('are changed and deleted', async () => {
    const user = userEvent.setup()
    answerWith('get', FACTS, { items: [hours], limit: 200 })
    const changed = answerWith('patch', `${FACTS}/4`, hours)
    const deleted = answerWith('delete', `${FACTS}/4`, { deleted: true, id: 4 })
    openApp('/facts', owner)
    await user.click(await screen.findByTestId('fact-edit-4'))
    const text = await screen.findByTestId('fact-text')
    await user.clear(text)
    await user.type(text, 'א–ו')
    await user.click(screen.getByTestId('fact-save'))
    await waitFor(() =>
      expect(changed[0]?.body).toEqual({
        kind: 'hours',
        title: 'שעות פתיחה',
        text: 'א–ו',
        position: 1,
      }),
    )
    await user.click(await screen.findByTestId('fact-delete-4'))
    await user.click(await screen.findByRole('button', { name: he.common.delete }))
    expect(await screen.findByText(he.facts.deleted)).toBeInTheDocument()
    expect(deleted).toHaveLength(1)
  })

  it('say why one more was refused', async () => {
    const user = userEvent.setup()
    answerWith('get', FACTS, { items: [hours], limit: 200 })
    refuseWith('post', FACTS, 409, 'conflict', 'too_many')
    openApp('/facts', owner)
    await user.click(await screen.findByTestId('fact-create'))
    await user.type(await screen.findByTestId('fact-title'), 'x')
    await user.type(screen.getByTestId('fact-text'), 'y')
    await user.click(screen.getByTestId('fact-save'))
    expect(await screen.findByRole('alert')).toHaveTextContent(he.errors.why.conflict_too_many)
  })
})
