// Commands of market partners at the desk of signals: what is let go, what is looked at and what is kept, however many there are.
import { describe, expect, it } from 'vitest'
import { commandBook, PER_PARTNER_MAX } from '../../../adapters/control-api/command-book.ts'
import { controlDesk } from '../../../adapters/control-api/control-desk.ts'
import type { ControlAnswer, ControlCommand } from '../../../domain/facts/control-command.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { SignalAnswers } from '../../../domain/ports/answers/signals.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { signalDesk } from '../../../src/run/receive-signal.ts'
import { signalEffects } from '../../../src/run/signal-effects.ts'
import { HOUR_MS, MINUTE_MS, NOW, smallFleet } from '../../domain/live/small-fleet.ts'

const PARTNER = '9900357000004'
const idle = () => Promise.resolve()
function command(n: number, more: Partial<ControlCommand> = {}): ControlCommand {
  return {
    transaction: `t-${n}`,
    partner: PARTNER,
    location: 'E0000000001',
    version: NOW * 10 + n,
    kind: 'limit',
    isNotice: false,
    orderedBy: null,
    power: watts(4_200),
    from: NOW,
    until: null,
    ...more,
  }
}
const release = (n: number, more: Partial<ControlCommand> = {}) => command(n, { kind: 'release', power: null, ...more })

function world() {
  const clock = manualClock(NOW)
  const fleet = smallFleet()
  const book = commandBook()
  const answers: [string, ControlAnswer][] = []
  const sites = new Map<string, string>([['E0000000001', 'site:home-1']])
  const desk = signalDesk({
    clock,
    application: {
      fleet,
      restrict(facts: readonly Fact[]) {
        for (const fact of facts) apply(fleet, fact, clock.now())
        return idle()
      },
      redispatch() {},
      planBeside() {},
      failure: () => null,
    },
    effects: signalEffects(fleet),
    durable: idle,
    mayKnow: () => true,
    releaseMs: 0,
  })
  let [looks, isReached] = [0, true]
  const signals: SignalAnswers = { ...desk, signal: (asker, id) => (looks++, desk.signal(asker, id)) }
  function keep(fact: Fact): Promise<void> {
    book.noticed(fact, clock.now())
    return idle()
  }
  const made = controlDesk({
    clock,
    book,
    signals,
    partners: () => [{ id: PARTNER, name: 'Netz', fingerprints: [], url: 'https://localhost' }],
    locate(location) {
      const subject = sites.get(location)
      return subject === undefined ? null : { subjects: [subject], limits: new Set(['consumption'] as const) }
    },
    keep,
    durable: idle,
    isReached: () => isReached,
    owe: ({ command: { transaction } }, answer) => void answers.push([transaction, answer]),
    track: (work) => work,
    log() {},
  })
  const holds = () => [...fleet.signals.byId.values()].filter(({ withdrawn }) => withdrawn === null).length
  return { clock, desk: made, sites, answers, holds, looks: () => looks, reach: (is: boolean) => void (isReached = is) }
}

describe('commands at the desk of signals', () => {
  it('a limit is let go although its location has left the registry meanwhile', async () => {
    const { desk, sites, answers, holds } = world()
    await desk.take(command(1))
    expect(holds()).toBe(1)
    sites.clear()
    await desk.take(command(2, { version: NOW * 10 + 2 }))
    await desk.take(release(3, { location: 'E0000000002' }))
    expect(holds()).toBe(1)
    await desk.take(release(4))
    expect(holds()).toBe(0)
    expect(answers).toEqual([
      ['t-1', 'possible'],
      ['t-2', 'impossible'],
      ['t-3', 'impossible'],
      ['t-4', 'possible'],
    ])
    desk.stop()
  })

  it('a command is looked at by itself, however many are under way', async () => {
    const { clock, desk, sites, answers, looks, reach } = world()
    const count = 45
    reach(false)
    const takeAll = async (from: number) => {
      const before = looks()
      for (let i = from; i < from + count; i++) {
        sites.set(`E${i}`, 'site:home-1')
        await desk.take(command(i, { location: `E${i}`, until: NOW + HOUR_MS }))
      }
      return looks() - before
    }
    const alone = await takeAll(0)
    await clock.runUntil(NOW + 2_000, idle)
    // All of the first still wait for stations.
    expect(await takeAll(count)).toBe(alone)
    reach(true)
    await clock.runUntil(NOW + MINUTE_MS, idle)
    expect(answers.filter(([, answer]) => answer === 'succeeded')).toHaveLength(2 * count)
    desk.stop()
  })
})

describe('the book of commands', () => {
  const taken = (of: ControlCommand): Fact => ({ kind: 'control-command-taken', command: of })
  const settled = ({ transaction, partner }: ControlCommand, answer: ControlAnswer): Fact => ({
    kind: 'control-answer-settled',
    partner,
    transaction,
    answer,
    hasArrived: true,
  })

  it('a partner has room for so many and leaves it to others; what is done makes room after an hour, what holds stays', () => {
    const book = commandBook()
    const holding = command(0)
    const over = [command(1, { location: 'E2' }), release(2, { location: 'E2' })]
    for (const one of [holding, ...over]) {
      book.noticed(taken(one), NOW)
      for (const answer of ['possible', 'succeeded'] as const) book.noticed(settled(one, answer), NOW)
    }
    let room = 0
    for (let i = 3; i < PER_PARTNER_MAX; i++) {
      const one = command(i, { location: `E-unknown-${i}` })
      if (book.hasRoom(PARTNER, NOW)) room++
      book.noticed(taken(one), NOW)
      book.noticed(settled(one, 'impossible'), NOW)
    }
    expect(room).toBe(PER_PARTNER_MAX - 3)
    expect(book.hasRoom(PARTNER, NOW)).toBe(false)
    expect(book.hasRoom('9900000000001', NOW)).toBe(true)
    expect(book.hasRoom(PARTNER, NOW + 2 * HOUR_MS)).toBe(true)
    expect(book.find(holding)?.command).toBe(holding)
    expect(book.lane(holding)).toHaveLength(1)
    for (const one of over) expect(book.find(one)).toBeUndefined()
    expect(book.lane(over[0]!)).toEqual([])
  })

  it('what is open is never forgotten, and what was recorded is known whatever room there is', () => {
    const book = commandBook()
    for (let i = 0; i <= PER_PARTNER_MAX; i++) book.noticed(taken(command(i, { location: `E${i}` })), NOW)
    expect(book.hasRoom(PARTNER, NOW + 48 * HOUR_MS)).toBe(false)
    expect(book.open()).toHaveLength(PER_PARTNER_MAX + 1)
    const other = commandBook()
    other.thaw(book.freeze())
    expect(other.open()).toHaveLength(PER_PARTNER_MAX + 1)
  })
})
