import { fireEvent, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import he from '../../i18n/he.json'
import { owner } from '../../test/people'
import { openApp } from '../../test/render'
import { answerWith } from '../../test/server'

const HOURS = '/api/business/current/hours'
const none = {
  week: null,
  holidays: [],
  eve: 'usual',
  eve_closes: null,
  days: [],
  timezone: 'Asia/Jerusalem',
  is_open: true,
  changes_at: null,
  presets: [
    { key: 'rosh_hashanah', next: '2027-10-02' },
    { key: 'pesach', next: '2027-04-22' },
  ],
  closures: [],
  says_away: false,
  away_text: '',
  away_opens: '',
  updated_at: null,
}
const some = {
  ...none,
  holidays: ['pesach'],
  eve: 'until',
  eve_closes: '12:00',
  is_open: false,
  changes_at: '2027-04-18T06:00:00Z',
  closures: [
    { day: '2027-04-21', kind: 'eve', name: 'pesach', closes: '12:00' },
    { day: '2027-04-22', kind: 'holiday', name: 'pesach', closes: null },
    { day: '2027-05-02', kind: 'own', name: 'טיול', closes: null },
  ],
  updated_at: '2026-11-27T00:00:00Z',
}

describe('the hours of a business', () => {
  it('are always until they are set, and are saved as a whole with the keyboard', async () => {
    const user = userEvent.setup()
    answerWith('get', HOURS, none)
    const sent = answerWith('put', HOURS, some)
    openApp('/hours', owner)
    expect(await screen.findByTestId('hours-now')).toHaveTextContent(he.hours.notSet)
    expect(screen.queryByTestId('day-0')).toBeNull()
    await user.click(screen.getByTestId('hours-always'))
    const saturday = screen.getByTestId('day-6')
    expect(within(saturday).getByText(he.hours.closed)).toBeInTheDocument()
    screen.getByTestId('holiday-pesach').focus()
    await user.keyboard(' ')
    await user.selectOptions(screen.getByTestId('hours-eve'), 'until')
    await user.click(screen.getByTestId('special-add'))
    await user.click(screen.getByTestId('hours-save'))
    expect(screen.getByText(he.hours.ownWrong)).toBeInTheDocument()
    expect(sent).toHaveLength(0)
    await user.type(screen.getByTestId('special-first-0'), '2027-05-02')
    await user.type(screen.getByTestId('special-name-0'), 'טיול')
    await user.click(screen.getByTestId('hours-save'))
    expect(await screen.findByText(he.hours.saved)).toBeInTheDocument()
    const office = [{ opens: '09:00', closes: '17:00' }]
    expect(sent[0]?.body).toEqual({
      week: [office, office, office, office, office, [{ opens: '09:00', closes: '13:00' }], []],
      holidays: ['pesach'],
      eve: 'until',
      eve_closes: '12:00',
      days: [{ first: '2027-05-02', last: '2027-05-02', name: 'טיול', is_open: false }],
      says_away: false,
      away_text: '',
    })
  })

  it('say what holds now and which days differ', async () => {
    answerWith('get', HOURS, some)
    openApp('/hours', owner)
    expect(await screen.findByTestId('hours-now')).toHaveTextContent(he.hours.closedNow)
    const ahead = within(screen.getByTestId('hours-ahead')).getAllByRole('listitem')
    expect(ahead).toHaveLength(3)
    expect(ahead[0]).toHaveTextContent(`ערב ${he.hours.holiday.pesach}`)
    expect(ahead[0]).toHaveTextContent('12:00')
    expect(ahead[1]).toHaveTextContent(he.hours.wholeDay)
    expect(ahead[2]).toHaveTextContent('טיול')
  })

  it('come with a text for while it is closed, shown as a customer gets it', async () => {
    const user = userEvent.setup()
    answerWith('get', HOURS, { ...some, away_opens: 'ביום ראשון בשעה 09:00' })
    const sent = answerWith('put', HOURS, some)
    openApp('/hours', owner)
    const choice = await screen.findByTestId('away-choice')
    expect(choice).toHaveValue('assistant')
    expect(screen.queryByTestId('away-text')).toBeNull()
    await user.selectOptions(choice, 'text')
    expect(screen.getByText(he.hours.awayMissing)).toBeInTheDocument()
    await user.click(screen.getByTestId('hours-save'))
    expect(sent).toHaveLength(0)
    const text = screen.getByTestId('away-text')
    fireEvent.change(text, { target: { value: 'סגור. נפתח {open}' } })
    expect(screen.getByText(/אפשר לכתוב רק {opens}/)).toBeInTheDocument()
    expect(screen.queryByTestId('away-preview')).toBeNull()
    await user.click(screen.getByTestId('hours-save'))
    expect(sent).toHaveLength(0)
    fireEvent.change(text, { target: { value: 'סגור. נפתח {opens}' } })
    expect(screen.getByTestId('away-preview')).toHaveTextContent('סגור. נפתח ביום ראשון בשעה 09:00')
    await user.click(screen.getByTestId('hours-save'))
    expect(await screen.findByText(he.hours.saved)).toBeInTheDocument()
    expect(sent[0]?.body).toMatchObject({ says_away: true, away_text: 'סגור. נפתח {opens}' })
  })

  it('say where the text would never be sent', async () => {
    answerWith('get', HOURS, { ...none, says_away: true, away_text: 'סגור' })
    openApp('/hours', owner)
    expect(await screen.findByText(he.hours.awayNever)).toBeInTheDocument()
  })

  it('cannot be never', async () => {
    const user = userEvent.setup()
    const sent = answerWith('put', HOURS, some)
    answerWith('get', HOURS, { ...some, week: [[], [], [], [], [], [], []] })
    openApp('/hours', owner)
    await user.click(await screen.findByTestId('hours-save'))
    expect(screen.getByText(he.hours.neverOpen)).toBeInTheDocument()
    expect(sent).toHaveLength(0)
  })
})
