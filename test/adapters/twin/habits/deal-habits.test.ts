import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { habitList, habitNamed, HABITS, isHabit } from '../../../../adapters/twin/habits/catalog.ts'
import { twinFleet } from '../../../../adapters/twin/twin-fleet.ts'
import { FROM } from './habit-scene.ts'

const fleetWith = (habits: 'all' | readonly string[], seed = '1') => twinFleet({ seed, stations: 200, from: FROM, habits })

describe('habits dealt to a fleet', () => {
  it('all: one to three that suit and go together, every habit somewhere, the same for equal seeds', () => {
    const { stations } = fleetWith('all')
    const counts = new Map<string, number>()
    for (const station of stations) {
      const habits = station.habits!.map(habitNamed)
      expect(habits.length).toBeGreaterThanOrEqual(1)
      expect(habits.length).toBeLessThanOrEqual(3)
      const topics = habits.flatMap((habit) => habit.topics)
      expect(new Set(topics).size).toBe(topics.length)
      for (const habit of habits) {
        expect(habit.versions).toContain(station.dialect)
        expect(habit.suits?.(station)).not.toBe(false)
        counts.set(habit.name, (counts.get(habit.name) ?? 0) + 1)
      }
    }
    expect([...counts.keys()].sort()).toEqual(HABITS.map(({ name }) => name).sort())
    expect(fleetWith('all').stations).toEqual(stations)
    expect(fleetWith('all', '2').stations.map(({ habits }) => habits)).not.toEqual(stations.map(({ habits }) => habits))
  })

  it('named: every station it suits, in turns where two exclude each other; nothing else about the fleet changes', () => {
    const plain = twinFleet({ seed: '1', stations: 200, from: FROM })
    const { stations, registry } = fleetWith(['kwh', 'register-only', 'clock-skew', 'no-dynamic'])
    expect(registry).toEqual(plain.registry)
    expect(stations.map((station) => ({ ...station, habits: undefined }))).toEqual(plain.stations)
    const meters = stations.map(({ habits }) => habits!.find((name) => name !== 'clock-skew' && name !== 'no-dynamic'))
    expect(new Set(meters)).toEqual(new Set(['kwh', 'register-only']))
    expect(stations.every(({ habits }) => habits!.includes('clock-skew'))).toBe(true)
    for (const { habits, dialect } of stations) expect(habits!.includes('no-dynamic')).toBe(dialect === 'ocpp2.1')
  })

  it('without habits no station has any', () => {
    expect(twinFleet({ seed: '1', stations: 20, from: FROM }).stations.every(({ habits }) => habits === undefined)).toBe(true)
  })
})

describe('the catalog', () => {
  it('names every habit once, with a sentence, in the list and in the README', () => {
    expect(new Set(HABITS.map(({ name }) => name)).size).toBe(HABITS.length)
    expect(isHabit('kwh')).toBe(true)
    expect(isHabit('flies')).toBe(false)
    const readme = readFileSync(join(import.meta.dirname, '../../../../adapters/twin/README.md'), 'utf8')
    const rows = [...readme.matchAll(/^\| `([a-z-]+)` \| (1\.6, 2\.x|2\.x|2\.1) \| (.+) \|$/gm)].map(
      ([, name, versions, sentence]) => ({
        name,
        versions,
        sentence,
      }),
    )
    expect(rows).toEqual(
      HABITS.map(({ name, versions, sentence }) => ({
        name,
        versions: versions.includes('ocpp1.6') ? '1.6, 2.x' : versions.length === 1 ? '2.1' : '2.x',
        sentence,
      })),
    )
    for (const { name, sentence } of HABITS) expect(habitList()).toMatch(new RegExp(`^${name} .*${sentence.slice(0, 20)}`, 'm'))
  })
})
