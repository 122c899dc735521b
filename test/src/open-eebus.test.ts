// EEBUS as it is opened from a home folder: a guard that nobody knows, let in and sent away by hand while everything runs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startSystem } from '../../domain/limitation/controllable-system.ts'
import { openEebus, trustFileIn } from '../../src/compose/open-eebus.ts'
import { addTrusted, removeTrusted } from '../../src/files/eebus-trust-file.ts'
import { shipIdentity } from '../../src/files/ship-identity.ts'
import { hostClock } from '../../src/run/clock.ts'
import { limitedPart } from '../../src/run/limitation/limited-part.ts'
import { guardingRole, identities } from '../adapters/eebus/use-cases/roles.ts'
import { deviceOf } from '../domain/limitation/played.ts'

const until = (check: () => void) => vi.waitFor(check, { timeout: 25_000, interval: 20 })

it('a stranger waits and limits nothing, is let in for a site, and sent away again', async () => {
  const home = mkdtempSync(join(tmpdir(), 'open-eebus-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const clock = hostClock()
  const part = limitedPart({ clock, name: 'part', system: startSystem(deviceOf('consume'), clock.elapsed()) })
  const told: string[] = []
  const asked: unknown[] = []
  const opened = await openEebus({
    home,
    port: 0,
    host: '127.0.0.1',
    isAnnounced: false,
    always: () => [],
    clock,
    partsOf(ski, site) {
      asked.push([ski, site])
      return { consume: part, produce: null }
    },
    hint: () => '',
    tell: (event) => void told.push(event),
  })
  onTestFinished(async () => {
    await opened.stop()
    part.stop()
    clock.stop()
  })
  const [, identity] = identities()
  const guard = guardingRole(identity, shipIdentity(home, 0), { consume: 4_200, produce: 1_000 })
  onTestFinished(guard.close)
  guard.call(opened.port)
  await until(() => expect(told).toContain('stranger-waits'))
  expect(part.system().standing.name).toBe('init')
  addTrusted(trustFileIn(home), { ski: identity.ski, name: 'control box', site: 'house', since: '2026-12-01T00:00:00Z' })
  await until(() => expect(part.system().standing.name).toBe('limited'))
  expect(asked).toEqual([[identity.ski, 'house']])
  // The place is not limited in the other direction, so nobody is told that it is.
  expect(guard.events.filter(({ direction }) => direction === 'produce')).toEqual([])
  removeTrusted(trustFileIn(home), identity.ski)
  await until(() => expect(told).toContain('disconnected'))
  await until(() => expect(part.system().guard?.connections).toEqual([]))
  // Its limit holds on until its silence is noticed.
  expect(part.system().standing.name).toBe('limited')
})
