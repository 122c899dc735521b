// What screens are told of a large fleet: a look costs what has changed and a bounded part of the rest, never everything.
import { describe, expect, it } from 'vitest'
import { liveFeed } from '../../../adapters/web/live-feed.ts'
import type { LiveMessage } from '../../../adapters/web/live-snapshot.ts'
import type { RowAnswers } from '../../../domain/ports/answers/rows.ts'
import { THE_PROCESS, type Asker } from '../../../domain/registry/asker.ts'
import type { EvseId } from '../../../domain/registry/identity.ts'
import { watts } from '../../../domain/units.ts'
import { fixtureFleet } from './fixture-fleet.ts'

const EVSES = 10_000

function world() {
  const { answers } = fixtureFleet({ stations: EVSES })
  const names = answers.rows.evses(THE_PROCESS)
  const powers = new Map<EvseId, number>()
  const looked: EvseId[] = []
  const rows: RowAnswers = {
    ...answers.rows,
    evse(asker: Asker, evse) {
      looked.push(evse)
      const row = answers.rows.evse(asker, evse)
      const power = powers.get(evse)
      return row === null || power === undefined ? row : { ...row, measured: watts(power) }
    },
  }
  const feed = liveFeed({ ...answers, rows }, THE_PROCESS)
  const told = (since: number) => feed.since(since).map((message) => JSON.parse(message()) as LiveMessage)
  const look = async (...changed: EvseId[]) => {
    looked.length = 0
    feed.note(new Set(changed))
    await feed.look()
    return looked.length
  }
  return { feed, names, powers, told, look }
}

describe('S18: the feed of ten thousand EVSEs', () => {
  it('looks at everybody once, then at what has changed and a thirtieth of the others, and tells only what changed', async () => {
    const { names, powers, told, look } = world()
    expect(await look()).toBe(EVSES)
    expect(told(-1).map(({ kind, evses }) => [kind, evses.length])).toEqual([
      ['snapshot', 1_000],
      ...Array.from({ length: 9 }, () => ['changes', 1_000]),
    ])
    const changed = [names[9_000]!, names[9_500]!]
    for (const evse of changed) powers.set(evse, 1_234)
    expect(await look(...changed)).toBeLessThanOrEqual(2 + Math.ceil(EVSES / 30))
    const [message, ...more] = told(1)
    expect([message!.kind, message!.evses.map(({ evse }) => evse), more.length]).toEqual(['changes', changed, 0])
  })

  it('finds within thirty looks what nobody has recorded, and leaves the rest of a flood for the next look', async () => {
    const { names, powers, told, look } = world()
    await look()
    powers.set(names[7_777]!, 4_321)
    for (let i = 0; i < 30; i++) await look()
    expect(told(1).flatMap(({ evses }) => evses.map(({ evse }) => evse))).toEqual([names[7_777]])
    expect(await look(...names)).toBe(2_500)
    expect(await look()).toBe(2_500)
  })

  it('tells everything anew to a reader who has missed more looks than are kept', async () => {
    const { told, look } = world()
    await look()
    for (let i = 0; i < 40; i++) await look()
    expect(told(1)[0]!.kind).toBe('snapshot')
    expect(told(40)[0]).toMatchObject({ kind: 'changes', evses: [] })
  })
})
