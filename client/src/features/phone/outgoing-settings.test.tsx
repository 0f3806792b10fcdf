import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { show } from '../../test/render'
import { answerWith } from '../../test/server'
import { OutgoingSettingsForm } from './outgoing-settings'

const PATH = '/api/business/current/phone/outgoing'
const chosen = {
  countries: [],
  daily_limit: 20,
  quiet_from: '20:00',
  quiet_until: '09:00',
  quiet_on_closed_days: true,
  people: [],
}
const saved = {
  chosen,
  own_country: 'IL',
  known_countries: ['GB', 'IL'],
  most_per_day: 100,
  asked_today: 3,
}

describe('the rules of calling back', () => {
  it('say what holds, and are saved whole with whose phone rings first', async () => {
    const user = userEvent.setup()
    show(<OutgoingSettingsForm businessId={1} saved={saved} />, owner)
    const own = he.outgoing.ownCountry.replace('{{name}}', 'ישראל')
    expect(screen.getByText(own)).toBeInTheDocument()
    await user.click(screen.getByTestId('outgoing-add'))
    await user.type(screen.getByTestId('outgoing-name-0'), 'דנה')
    await user.type(screen.getByTestId('outgoing-number-0'), '+972522345678')
    const body = { ...chosen, people: [{ name: 'דנה', number: '+972522345678' }] }
    const sent = answerWith('put', PATH, { ...saved, chosen: body })
    await user.click(screen.getByTestId('outgoing-save'))
    expect(await screen.findByTestId('receipt')).toHaveTextContent(he.outgoing.saved)
    expect(sent[0]?.body).toEqual(body)
  })

  it('say which number cannot be rung, and lose nothing that was typed', async () => {
    const user = userEvent.setup()
    show(<OutgoingSettingsForm businessId={1} saved={saved} />, owner)
    await user.click(screen.getByTestId('outgoing-add'))
    await user.type(screen.getByTestId('outgoing-name-0'), 'דנה')
    await user.type(screen.getByTestId('outgoing-number-0'), '+9721900123456')
    const details = [{ path: ['people'], type: 'call_premium', message: 'no' }]
    answerWith('put', PATH, { error: 'invalid', details }, { status: 422 })
    await user.click(screen.getByTestId('outgoing-save'))
    expect(await screen.findByText(he.detail.call_premium)).toBeInTheDocument()
    await waitFor(() =>
      expect(screen.getByTestId('outgoing-number-0')).toHaveValue('+9721900123456'),
    )
  })
})
