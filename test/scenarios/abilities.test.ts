// An evening with stations that refuse what others take: each is asked what it can do and led in the form it takes, and the next start knows it.
import { rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { apply } from '../../domain/live/apply.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import { THE_PROCESS } from '../../domain/registry/asker.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import { factsOf, MINUTE_MS, openWorld } from './world.ts'

const EVENING = Date.parse('2026-01-15T16:30:00Z')
/** Ways of refusing by station; the versions change from one to the next. */
const WAYS: readonly (readonly string[])[] = [
  ['no-tx-profile'],
  ['no-tx-profile', 'no-stack'],
  ['ampere-limits', 'integer-limits'],
  ['few-periods'],
  ['no-stack'],
  ['no-dynamic'],
  ['ampere-limits', 'few-periods', 'no-tx-profile'],
  [],
]
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

describe('stations that refuse', () => {
  it('are led in the form they take', async () => {
    const dealt = twinFleet({ seed: '1', stations: 24, from: EVENING })
    const stations = dealt.stations.map((station, i) => {
      const ways = WAYS[Math.floor(i / 3)]!
      const suiting = ways.filter(
        (way) => (way !== 'no-dynamic' || station.dialect === 'ocpp2.1') && (way !== 'ampere-limits' || station.current === 'AC'),
      )
      return { ...station, habits: suiting }
    })
    const world = await openWorld({ from: EVENING, fleet: { ...dealt, stations } })
    await world.runUntil(EVENING + 150 * MINUTE_MS)
    const { fleet } = world.running.application
    const refused = [...fleet.evses.values()].filter(
      ({ session, order }) => session !== null && order?.state.kind === 'ended' && order.state.outcome === 'refused',
    )
    const open = [...fleet.evses.values()].filter(({ session, order }) => session !== null && order !== null)
    const journal = await world.journal()
    const complaints = [...world.complaints]
    const views = stations.map(({ id }) => world.running.answers.stations.station(THE_PROCESS, id as StationId)!)
    await world.stop()
    folders.push(world.journalFolder)
    expect(open.length).toBeGreaterThan(8)
    expect(
      refused.map(({ evse, order }) => [evse.id, order?.state, stations.find(({ id }) => id === evse.station)?.habits]),
    ).toEqual([])
    expect(complaints.filter((text) => text.includes('default limit'))).toEqual([])

    // All were asked, once, and say so on the API.
    expect(new Set(factsOf(journal, 'station-abilities').map(({ station }) => station)).size).toBe(stations.length)
    for (const view of views) expect(view.abilities).toMatchObject({ smartCharging: expect.anything(), needsReboot: false })
    const learnt = factsOf(journal, 'profile-form-learnt')
    expect(learnt.length).toBeGreaterThan(2)
    // What was refused once is not offered again and again: few forms are learnt, and each once by station.
    expect(learnt.length).toBeLessThan(2 * stations.length)

    // The journal alone gives the same knowledge.
    const replayed = emptyFleet()
    for (const { fact, at } of journal) apply(replayed, fact, at)
    for (const [id, { abilities, form }] of fleet.stations) {
      expect(replayed.stations.get(id)?.abilities).toEqual(abilities)
      expect(replayed.stations.get(id)?.form).toEqual(form)
    }
    expect([...replayed.formsByKind]).toEqual([...fleet.formsByKind])
  })
})
