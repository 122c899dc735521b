// What is told of a schema that is not the newest yet, and that the copy waits for it, degraded.
import { describe, expect, it } from 'vitest'
import { memoryJournal } from '../../../adapters/memory/memory-journal.ts'
import { memoryStores } from '../../../adapters/memory/memory-stores.ts'
import { StepFailed } from '../../../adapters/postgres/migrations.ts'
import { writeBehind } from '../../../adapters/postgres/write-behind.ts'
import { inFlight } from '../../../adapters/wire/in-flight.ts'
import { id, type StationId } from '../../../domain/registry/identity.ts'
import { manualClock } from '../../../src/run/clock.ts'
import { databaseSchema } from '../../../src/files/database-schema.ts'

function setUp(migrate: () => Promise<readonly string[]>) {
  const [clock, idle, lines] = [manualClock(0), inFlight(), [] as string[]]
  const schema = databaseSchema({ migrate, clock, log: (level, text) => void lines.push(`${level} ${text}`) })
  const [stores, journal] = [memoryStores(), memoryJournal({ node: 'node-1' })]
  journal.append({ kind: 'station-disconnected', station: id<StationId>('cp-1'), detail: 'x' }, 1)
  const behind = writeBehind({ stores, journal, node: 'node-1', clock, inFlight: idle, prepare: schema.newest })
  const pass = (ms: number) => clock.runUntil(clock.now() + ms, idle.idle)
  return { clock, schema, lines, stores, behind, pass }
}

describe('the schema of the database', () => {
  it('a step that fails is told from a database that is away, once; the copy waits, degraded, and follows by itself (F11)', async () => {
    let failure: Error | null = new Error('connect ECONNREFUSED')
    let calls = 0
    const { lines, stores, behind, pass } = setUp(async () => {
      calls++
      if (failure !== null) throw failure
      return ['0002-new']
    })
    behind.follow(1)
    await pass(20_000)
    expect(calls).toBeGreaterThan(3)
    expect(behind.state()).toMatchObject({ failure: 'connect ECONNREFUSED', lag: 1 })
    expect(lines).toEqual(['error the database does not answer; its schema is checked when it does'])
    failure = new StepFailed('0002-new: canceling statement due to lock timeout')
    await pass(20_000)
    expect(lines.slice(1)).toEqual([
      'error the database answers, but a step to the newest schema failed; it is tried again, and nothing is copied until it passes',
    ])
    expect(behind.state().failure).toContain('0002-new')
    expect(await stores.journal.lastCopied('node-1')).toBe(0)
    failure = null
    await pass(10_000)
    expect(lines.slice(2)).toEqual(['info the database was brought to the newest schema'])
    expect(behind.state()).toMatchObject({ failure: null, lag: 0 })
    expect(await stores.journal.lastCopied('node-1')).toBe(1)
  })

  it('nobody waits longer than 5 s for a step that takes long; the same one goes on and is joined', async () => {
    let calls = 0
    let done: (steps: readonly string[]) => void = () => {}
    const { clock, schema } = setUp(() => (calls++, new Promise((resolve) => (done = resolve))))
    for (const time of [1, 2]) {
      const waiting = schema.newest()
      const told = expect(waiting, `time ${time}`).rejects.toThrow('is being brought to the newest schema')
      await clock.runUntil(clock.now() + 5_000, async () => {})
      await told
      expect(schema.failure()).not.toBeNull()
    }
    expect(calls).toBe(1)
    const joined = schema.newest()
    done([])
    await joined
    expect(schema.failure()).toBeNull()
  })
})
