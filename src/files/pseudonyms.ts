// Tokens of cars and drivers become pseudonyms at the edge: whoever reads journal, database or logs cannot tell a card from them, and one card is always one pseudonym.
import { createHmac } from 'node:crypto'
import type { Pseudonym } from '../../adapters/ocpp/hide-tokens.ts'
import type { Registry } from '../../domain/registry/registry.ts'
import { derivedKey } from './derived-key.ts'

const SHAPE = /^t_[0-9a-f]{32}$/
const HEX_DIGITS = 32

/**
 * Pseudonyms under an installation's secret: `t_` and 128 bits of HMAC-SHA256. Capitals do not count, as identifiers of OCPP are case-insensitive
 * (CiString20Type of 1.6, identifierString of 2.x).
 */
export function pseudonyms(secret: string): Pseudonym {
  const key = derivedKey(secret, 'token pseudonyms')
  return (token) => `t_${createHmac('sha256', key).update(token.toLowerCase()).digest('hex').slice(0, HEX_DIGITS)}`
}

/** A registry whose vehicles have pseudonyms for tokens; the very same one when they have already. */
export function underPseudonyms(registry: Registry, pseudonym: Pseudonym): Registry {
  if (registry.vehicles.every(({ token }) => SHAPE.test(token))) return registry
  const vehicles = registry.vehicles.map((vehicle) =>
    SHAPE.test(vehicle.token) ? vehicle : { ...vehicle, token: pseudonym(vehicle.token) },
  )
  return { ...registry, vehicles }
}
