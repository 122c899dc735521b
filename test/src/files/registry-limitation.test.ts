// Who may limit a site, as the registry file says it: defaults of the standard, and every contradiction with its place and a sentence.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readRegistryFile } from '../../../src/files/registry-file.ts'
import { smallRegistry } from '../../domain/live/small-fleet.ts'

const folder = mkdtempSync(join(tmpdir(), 'registry-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(limitation: unknown) {
  const path = join(folder, 'registry.json')
  const { sites, ...rest } = smallRegistry({ cars: 1 })
  const groups = [{ id: 'group', eic: '11XGROUP-------A', controlArea: '50Hertz', responsibleParty: 'a', supplier: 'b' }]
  writeFileSync(path, JSON.stringify({ ...rest, balanceGroups: groups, sites: sites.map((site) => ({ ...site, limitation })) }))
  return readRegistryFile(path, 'a pepper for tests only, thirty-two long').registry!.sites[0]!.limitation
}

it('takes the values of the standard for what is left out', () => {
  expect(read({ consume: { guard: 'box', failsafeLimit: 4_200 } })).toEqual({
    consume: {
      guard: 'box',
      by: 'rest',
      role: 'energy-manager',
      nominalMax: null,
      failsafeLimit: 4_200,
      failsafeDurationMs: 7_200_000,
      failsafeDurationMaxMs: 86_400_000,
      largestLimit: null,
      autonomy: { fromInit: false, afterHeartbeat: false, afterFailsafeMinimum: false },
    },
  })
  const levels = ['minimum', 2_000, null]
  expect(read({ produce: { guard: 'box', failsafeLimit: 0, by: 'relay', relayLevels: levels } })).toMatchObject({
    produce: { by: 'relay', relayLevels: levels },
  })
  expect(read(undefined)).toBeUndefined()
})

it.each([
  [
    { consume: { guard: 'box', failsafeLimit: -1 } },
    /sites\.0\.limitation\.consume.*the failsafe limit is -1 W; it is never below 0/,
  ],
  [{ produce: { guard: 'box', failsafeLimit: 0, nominalMax: -5 } }, /the nominal maximum is -5 W/],
  [
    { produce: { guard: 'box', failsafeLimit: 0, failsafeDurationMs: 60_000 } },
    /the failsafe duration is 60000 ms; it is 2 to 24 hours/,
  ],
  [{ consume: { guard: 'box', failsafeLimit: 0, by: 'letter' } }, /limitation\.consume\.by/],
  [{ consume: { failsafeLimit: 0 } }, /limitation\.consume\.guard/],
  [{ consume: { guard: 'box', failsafeLimit: 0, failsafe: 1 } }, /failsafe/],
  [{ consume: { guard: 'box', failsafeLimit: 0, relayLevels: ['minimum', 0] } }, /levels of a relay are for `by` relay/],
  [{ consume: { guard: 'box', failsafeLimit: 0, by: 'relay', relayLevels: [-1] } }, /a level of a relay is never below 0/],
  [{}, /limits no direction/],
] as const)('LPC-TS-038, LPP-TS-038: refuses %j', (limitation, text) => {
  expect(() => read(limitation)).toThrow(text)
})
