// The desk of commands by hand on a clock of its own: what a silent station costs, and what cannot be recorded is not asked.
import { expect, it } from 'vitest'
import { apply } from '../../../domain/live/apply.ts'
import type { CommandAnswer } from '../../../domain/ports/station-commands.ts'
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import { COMMAND_TIMEOUT_MS, stationCommandDesk } from '../../../src/run/station-commands.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { smallFleet } from '../../domain/live/small-fleet.ts'

function lab(answer: () => Promise<CommandAnswer>) {
  const fleet = smallFleet()
  const clock = manualClock(0)
  const { station } = fleet.registry.evses[0]!
  let isBroken = false
  let asked = 0
  const desk = stationCommandDesk({
    clock,
    fleet,
    stations: {
      command() {
        asked++
        return answer()
      },
    },
    async keep(fact) {
      apply(fleet, fact, clock.now())
      if (isBroken) throw new Error('the disk is full')
    },
    fingerprint: (text) => text,
    track: (work) => work,
  })
  const command = { kind: 'reset', evse: null, mode: 'soft' } as const
  return {
    give: (id: string) => desk.ask(THE_PROCESS, { station, id, command, asked: command, reason: 'because' }),
    view: (id: string) => desk.view(station, id),
    run: (ms: number) => clock.runUntil(clock.now() + ms, async () => {}),
    breakDisk: () => void (isBroken = true),
    asked: () => asked,
  }
}

it('ends as unanswered after 20 s; four are under way at a time, and whoever comes again waits for the same one', async () => {
  const { give, run, view, asked } = lab(() => new Promise(() => {}))
  const four = ['a', 'b', 'c', 'd'].map(give)
  expect(await give('e')).toEqual({ ok: false, refusal: { kind: 'too-many', afterMs: COMMAND_TIMEOUT_MS } })
  const again = give('a')
  await new Promise(setImmediate)
  expect([asked(), view('a')?.outcome]).toEqual([4, null])
  await run(COMMAND_TIMEOUT_MS)
  for (const one of await Promise.all(four))
    expect(one).toMatchObject({
      ok: true,
      value: { isRepeated: false, command: { outcome: 'no-answer', endedAt: COMMAND_TIMEOUT_MS } },
    })
  expect(await again).toMatchObject({ value: { isRepeated: true, command: { outcome: 'no-answer' } } })
})

it('asks nothing that could not be recorded', async () => {
  const { give, breakDisk, asked, view } = lab(async () => ({ outcome: 'accepted', detail: 'Accepted' }))
  breakDisk()
  await expect(give('a')).rejects.toThrow('the disk is full')
  expect([asked(), view('a')]).toMatchObject([0, { outcome: 'no-answer', detail: expect.stringContaining('not asked') }])
})
