// Commands of a channel at the desk of signals: what is refused lifts nothing however often it comes, and nothing is answered before it is durable.
import { describe, expect, it } from 'vitest'
import { readMessage, type ChannelCommand } from '../../../adapters/cls/channel-message.ts'
import { channelSignals } from '../../../adapters/cls/channel-signals.ts'
import type { Fact } from '../../../domain/facts/fact.ts'
import { apply } from '../../../domain/live/apply.ts'
import type { SignalAnswers } from '../../../domain/ports/answers/signals.ts'
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import { watts } from '../../../domain/units.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { signalDesk } from '../../../src/run/receive-signal.ts'
import { signalEffects } from '../../../src/run/signal-effects.ts'
import { HOUR_MS, MINUTE_MS, NOW, smallFleet } from '../../domain/live/small-fleet.ts'

const CHANNEL = { id: 'cls-1', site: 'home-1', fingerprints: [] }
const QUARTER_MS = 15 * MINUTE_MS

/** A desk whose journal can be held up: nothing is durable until it goes on. */
function world() {
  const clock = manualClock(NOW)
  const fleet = smallFleet()
  let journal = Promise.resolve()
  let goOn = () => {}
  const desk = signalDesk({
    clock,
    application: {
      fleet,
      restrict(facts: readonly Fact[]) {
        for (const fact of facts) apply(fleet, fact, clock.now())
        return journal
      },
      redispatch() {},
      planBeside() {},
      failure: () => null,
    },
    effects: signalEffects(fleet),
    durable: () => journal,
    mayKnow: () => true,
    releaseMs: 0,
  })
  let passes = 0
  const counted: SignalAnswers = { ...desk, signals: (asker, page) => (passes++, desk.signals(asker, page)) }
  const begin = () => channelSignals(counted, clock.now)
  /** What bounds the site in quarter-hours from now, W; null where it is free. */
  const bounds = (quarters: number) =>
    Array.from({ length: quarters }, (_, i) => {
      const at = NOW + i * QUARTER_MS
      const held = [...fleet.signals.byId.values()].filter(
        ({ signal, withdrawn }) => withdrawn === null && signal.from <= at && (signal.until === null || signal.until > at),
      )
      return held.length === 0 ? null : Math.min(...held.map(({ signal }) => signal.max ?? Infinity))
    })
  return {
    clock,
    desk,
    fleet,
    begin,
    bounds,
    passes: () => passes,
    holdUp: () => void (journal = new Promise((resolve) => (goOn = resolve))),
    goOn: () => goOn(),
  }
}
function schedule(name: string, issuedAt: number, steps: number, power: number): ChannelCommand {
  const stepAt = (i: number) => ({ from: NOW + i * QUARTER_MS, until: NOW + (i + 1) * QUARTER_MS, power: watts(power) })
  return { name, issuedAt, direction: 'consumption', steps: Array.from({ length: steps }, (_, i) => stepAt(i)) }
}
const isSettled = (work: Promise<unknown>) =>
  Promise.race([work.then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 20))])

describe('commands of a CLS channel', () => {
  it('F18: a schedule for which there is no room is refused, and so is its retry; what held before goes on', async () => {
    const { begin, bounds, clock, desk } = world()
    const channel = begin()
    await channel.take(CHANNEL, schedule('before', NOW - 2, 6, 4_200))
    const said = { version: 1, subjects: ['site:home-1'], rank: 'grid-limit' as const, min: watts(0), max: null, issuedAt: NOW }
    const provenance = { authority: 'VNB', reference: 'of others' }
    for (let i = 0; i < 90; i++)
      await desk.receive(THE_PROCESS, { ...said, provenance, id: `other-${i}`, from: NOW, until: NOW + HOUR_MS })
    const next = schedule('next', NOW - 1, 5, 8_000)
    expect(await channel.take(CHANNEL, next)).toMatchObject({ ok: false, refusal: { kind: 'full' } })
    const before = [...new Array<number>(6).fill(4_200), null]
    const limits = () => bounds(7).map((bound) => (bound === Infinity ? null : bound))
    expect(limits()).toEqual(before)
    for (let i = 0; i < 2; i++) {
      expect(await channel.take(CHANNEL, next)).toMatchObject({ ok: false, refusal: { kind: 'withdrawn' } })
      expect(limits()).toEqual(before)
    }
    // The process begins anew: the command that was refused is none.
    expect(await begin().take(CHANNEL, next)).toMatchObject({ ok: false, refusal: { kind: 'withdrawn' } })
    expect(limits()).toEqual(before)
    clock.step(1_000)
    expect(await begin().take(CHANNEL, schedule('before', NOW - 2, 6, 4_200))).toMatchObject({ ok: true })
  })

  it('the longest schedules of both directions have room, and one more that replaces one of them', async () => {
    const { begin, bounds } = world()
    const channel = begin()
    const steps = (direction: string, command: string, at: number, count: number) => {
      const stepAt = (i: number) => new Date(NOW + i * QUARTER_MS).toISOString()
      const list = Array.from({ length: count }, (_, i) => ({ from: stepAt(i), until: stepAt(i + 1), maxW: 4_200 }))
      const issuedAt = new Date(NOW + at).toISOString()
      return readMessage(JSON.stringify({ type: 'schedule', command, issuedAt, direction, steps: list }))
    }
    expect(steps('consumption', 'long', 0, 33).ok).toBe(false)
    for (const [direction, at] of [
      ['consumption', -4],
      ['production', -3],
      ['consumption', -2],
      ['production', -1],
    ] as const) {
      const read = steps(direction, `at ${at}`, at, 32)
      if (!read.ok || read.value.kind !== 'command') throw new Error('not read')
      expect((await channel.take(CHANNEL, read.value.command)).ok).toBe(true)
    }
    expect(bounds(33)).toEqual([...new Array<number>(32).fill(4_200), null])
  })

  it('a repetition is answered no earlier than what it repeats is durable', async () => {
    const { begin, holdUp, goOn } = world()
    const channel = begin()
    for (const command of [schedule('one', NOW - 2, 2, 4_200), schedule('free', NOW - 1, 0, 0)]) {
      holdUp()
      const first = channel.take(CHANNEL, command)
      const again = channel.take(CHANNEL, command)
      expect([await isSettled(first), await isSettled(again)]).toEqual([false, false])
      goOn()
      expect(await again).toMatchObject({ ok: true })
      expect((await first).ok).toBe(true)
    }
  })

  it('F18: a schedule of which a crash has kept a part is made whole when it comes again; what held before holds until then', async () => {
    const { begin, bounds, fleet } = world()
    await begin().take(CHANNEL, schedule('before', NOW - 2, 4, 4_200))
    const command = schedule('next', NOW - 1, 4, 8_000)
    const whole = world()
    await whole.begin().take(CHANNEL, command)
    // Two of its steps are on the disk, and not that they replace anything.
    for (const { signal } of [...whole.fleet.signals.byId.values()].slice(0, 2))
      apply(fleet, { kind: 'signal-received', signal }, NOW)
    const channel = begin()
    expect(bounds(4)).toEqual([4_200, 4_200, 4_200, 4_200])
    expect(await channel.take(CHANNEL, command)).toMatchObject({ ok: true })
    expect(bounds(5)).toEqual([8_000, 8_000, 8_000, 8_000, null])
  })

  it('a step that has passed meanwhile does not change what the others are called', async () => {
    const { begin, clock, fleet } = world()
    const channel = begin()
    const command = schedule('one', NOW - 1, 3, 4_200)
    await channel.take(CHANNEL, command)
    await clock.runUntil(NOW + QUARTER_MS + 1, () => Promise.resolve())
    for (const of of [channel, begin()]) expect(await of.take(CHANNEL, command)).toMatchObject({ ok: true })
    expect(fleet.signals.byId.size).toBe(3)
  })

  it('all channels are taken up in one pass over the signals', async () => {
    const { begin, passes } = world()
    const channels = Array.from({ length: 20 }, (_, i) => ({ ...CHANNEL, id: `cls-${i}` }))
    const first = begin()
    for (const channel of channels) await first.take(channel, schedule('one', NOW - 1, 1, 4_200))
    const before = passes()
    const second = begin()
    for (const channel of channels) expect(second.views(channel, 'consumption')).toHaveLength(1)
    expect(passes() - before).toBe(1)
  })
})
