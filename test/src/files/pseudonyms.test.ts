// Pseudonyms of tokens: one card is one pseudonym, under one secret, for ever.
import { expect, it } from 'vitest'
import { EMPTY_REGISTRY } from '../../../domain/registry/registry.ts'
import { pseudonyms, underPseudonyms } from '../../../src/files/pseudonyms.ts'
import { smallFleet } from '../../domain/live/small-fleet.ts'

const [ours, others] = [pseudonyms('a secret of thirty-two characters'), pseudonyms('a secret of thirty-two characterS')]

it('is the same after a restart, whatever the case of the letters, and another under another secret', () => {
  // Journals hold it: it must never change.
  expect(ours('04A1B2C3D4E5F6')).toBe(pseudonyms('a secret of thirty-two characters')('04a1b2c3d4e5f6'))
  expect(ours('Card-Two')).toMatch(/^t_[0-9a-f]{32}$/)
  expect(ours('Card-Two')).toBe('t_27e29a3c0a70418a9f242a06c4ddc146')
  expect(ours('Card-Two')).not.toBe(others('Card-Two'))
  // Blanks count: the station and the registry have to say the same.
  expect(ours('Card-Two')).not.toBe(ours('Card-Two '))
})

it.each([
  ['DE-8AA-C12A3B4C5-X', 'DE8AAC12A3B4C5X'],
  ['DE-8AA-C12A3B4C5', 'de8aac12a3b4c5'],
  ['NL-ABCC12345678', 'NLABC-C12345678'],
  ['AA:BB:CC:01:02:03', 'aabbcc010203'],
  ['AA-BB-CC-01-02-03', 'AABBCC010203'],
])('is one for a contract or a MAC address, with separators or without: %s', (written, bare) => {
  expect(ours(written)).toBe(ours(bare))
})

it.each([
  ['DE-8AA-C12A3B4C5-X', 'DE-8AA-C12A3B4C5'],
  ['card-0001-22', 'card000122'],
  ['D-E8AA-C12A3B4C5', 'DE8AAC12A3B4C5'],
  ['AA:BB-CC:01:02:03', 'AABBCC010203'],
  ['3f2b8c1e-0a44-4234-9d5e-6b7a8c9d0e1f', '3f2b8c1e0a4442349d5e6b7a8c9d0e1f'],
])('is another one where separators tell tokens apart: %s', (one, other) => expect(ours(one)).not.toBe(ours(other)))

it('is never taken for a token that it is the pseudonym of', () => expect(ours(ours('Card-Two'))).not.toBe(ours('Card-Two')))

it('replaces the tokens of a registry once, and leaves pseudonyms alone', () => {
  const { registry } = smallFleet()
  const hidden = underPseudonyms(registry, ours)
  expect(hidden.vehicles.map(({ token }) => token)).toEqual(registry.vehicles.map(({ token }) => ours(token)))
  expect({ ...hidden, vehicles: [] }).toEqual({ ...registry, vehicles: [] })
  expect(underPseudonyms(hidden, ours)).toBe(hidden)
  expect(underPseudonyms(EMPTY_REGISTRY, ours)).toBe(EMPTY_REGISTRY)
})
