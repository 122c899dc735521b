// The dimmed night of the demonstration, and what a grid operator reads off it.
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { dimmingPicture } from '../../src/commands/dimming-picture.ts'
import { dimmingInWords } from '../../src/commands/dimming-words.ts'
import { DIMMING_STATIONS_MIN } from '../../src/demo/dimming-fleet.ts'
import { playDimming, type DimmingReport } from '../../src/demo/dimming.ts'

/** For machines that have much else to do. */
const PATIENCE_MS = 900_000
const play = () =>
  playDimming({
    seed: '1',
    stations: DIMMING_STATIONS_MIN,
    from: Date.parse('2026-01-15T16:30:00Z'),
    stores: memoryStores(),
    log: (level, text, facts) => void (level !== 'info' && expect.unreachable(`${text} ${JSON.stringify(facts)}`)),
  })

describe('a dimmed night', () => {
  let night: DimmingReport
  const limitsOf = (authority: string) => night.limits.filter((limit) => limit.authority.startsWith(authority))
  beforeAll(async () => {
    night = await play()
  }, PATIENCE_MS)

  it('F20: nobody takes or gives more than control room, channel, control API, control box, relay and ripple control allow, silence and a bouncing contact included', () => {
    expect(night.exceeded).toEqual([])
    expect(night.looks).toBeGreaterThan(300)
    expect(night.steps.map(({ player, over }) => `${player}, ${over}`)).toEqual([
      ...new Array<string>(2).fill('ripple control, contacts'),
      ...new Array<string>(2).fill('control room, REST'),
      ...new Array<string>(2).fill('CLS management, CLS channel'),
      ...new Array<string>(2).fill('market partner, control API'),
      ...new Array<string>(6).fill('control box, EEBUS'),
      ...new Array<string>(2).fill('relay, contacts'),
    ])
    const [noFeedIn, , dimmed] = night.steps
    expect(noFeedIn!.beforeW).toBeLessThan(-1_000)
    expect(Math.abs(noFeedIn!.afterW)).toBeLessThan(100)
    expect(dimmed!.orderedW).toBeLessThanOrEqual(dimmed!.maxW!)
    expect(dimmed!.maxW).toBeLessThan(0.51 * dimmed!.beforeW)
  })

  it('F20: a silent control box leaves cars and house at their failsafe limits, and both come back when it does', () => {
    const silent = night.steps.filter(({ event }) => event === 'silent: failsafe')
    expect(silent.map(({ subject, maxW }) => [subject.split(':')[0], maxW])).toEqual([
      ['site', 4_200],
      ['connection', 6_000],
    ])
    for (const { afterW, maxW } of silent) expect(afterW).toBeLessThanOrEqual(maxW! + 60)
    expect(limitsOf('guard').map(({ reference }) => reference)).toContain('LPC failsafe: no heartbeat for 120 s')
  })

  it('a house shares its limit: the heat pump is reduced, the battery takes nothing, and its cars have the rest (LPC-TS-020)', () => {
    const [limited, , back] = night.steps.filter(({ house }) => house !== undefined)
    expect(limited!.house).toMatchObject({ heatPump: 1_000, battery: 0 })
    expect(limited!.house!.connection).toBeLessThanOrEqual(limited!.maxW!)
    expect(back!.house).toMatchObject({ heatPump: 3_200, battery: 2_000 })
    const cars = limitsOf('guard').find(
      ({ maxW, subjects }) => maxW === 7_300 && limited!.subject.endsWith(subjects[0]!.slice(5)),
    )
    expect(cars).toMatchObject({ received: limited!.at, releasedBy: 'replaced' })
  })

  it('the house tells what its meter says on the connection over which it limits its cars (MGCP-TS-012)', () => {
    expect(night.measuredHouse).toMatchObject({ state: 'measured', reason: 'measured' })
    const { house } = night.steps.findLast((step) => step.house !== undefined)!
    expect(Math.abs(night.measuredHouse.powerW! - (house!.connection - house!.cars))).toBeLessThan(1_000)
  })

  it('each limit is proven: received, applied, measured below it and released', () => {
    const held = night.limits.filter(({ received, cars }) => received >= night.steps[2]!.at && cars > 0)
    expect(new Set(held.map(({ authority }) => authority.split(' ')[0]!.split(':')[0]))).toEqual(
      new Set(['lab', 'cls', '9900357000004', 'guard']),
    )
    for (const limit of held) {
      expect(Date.parse(limit.firstApplied!) - Date.parse(limit.received)).toBeLessThanOrEqual(10_000)
      expect(limit.measuredWithin).not.toBeNull()
      expect(limit.released).not.toBeNull()
      expect(limit.compliancePercent).toBeGreaterThan(80)
    }
    expect(night.answers).toEqual(['vorlaeufigePositiveAntwort', 'positiveAntwort'])
    expect(night.proof.compliance.timePercent).toBeGreaterThan(90)
    expect(night.proof.notDrawn.wh).toBeGreaterThan(0)
    expect(Math.abs(night.compensatedWh - night.proof.notDrawn.wh)).toBeLessThanOrEqual(2)
  })

  it('its words and its picture show who said what when, the sum of the area and the limits', () => {
    const words = dimmingInWords(night)
    for (const over of ['REST', 'CLS channel', 'control API', 'EEBUS', 'contacts']) expect(words).toContain(`(${over})`)
    expect(words).toContain('nobody took or gave more than was allowed')
    const picture = dimmingPicture(night, 'gegenstrom demo --scenario dimming --report <night>')
    expect(picture.match(/<svg viewBox/g)).toHaveLength(7)
    expect(picture).toContain('All cars of the area')
    expect(picture).toContain('--report &lt;night&gt;')
    expect(picture.match(/class="price"/g)!.length).toBeGreaterThanOrEqual(9)
    expect(picture).not.toMatch(/NaN|undefined|Infinity/)
  })
})
