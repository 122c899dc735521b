// Tokens of cars and drivers become pseudonyms at the edge: whoever reads journal, database or logs cannot tell a card from them, and one card is always one pseudonym.
import { createHmac } from 'node:crypto'
import type { Pseudonym } from '../../adapters/ocpp/hide-tokens.ts'
import type { Registry, Vehicle } from '../../domain/registry/registry.ts'
import { derivedKey } from './derived-key.ts'

const SHAPE = /^t_[0-9a-f]{32}$/
const HEX_DIGITS = 32
const GROUP_SHAPE = /^g_[0-9a-f]{18}$/
const GROUP_HEX_DIGITS = 18

/**
 * Pseudonyms under an installation's secret: `t_` and 128 bits of HMAC-SHA256. Capitals do not count, as identifiers of OCPP are case-insensitive
 * (CiString20Type of 1.6, identifierString of 2.x); nor does it count whether a contract (eMAID) or a MAC address is written with its separators.
 */
export function pseudonyms(secret: string): Pseudonym {
  const key = derivedKey(secret, 'token pseudonyms')
  return (token) => `t_${createHmac('sha256', key).update(folded(token)).digest('hex').slice(0, HEX_DIGITS)}`
}

/** Country, provider, `C` with eight characters, and a check digit that may be left out (ISO 15118-1, Annex H). */
const CONTRACT = /^[a-z]{2}-?[\da-z]{3}-?c[\da-z]{8}(-?[\da-z])?$/
const MAC_ADDRESS = /^[\da-f]{2}([:-])([\da-f]{2}\1){4}[\da-f]{2}$/

/** One spelling for each token. */
function folded(token: string): string {
  const small = token.toLowerCase()
  return CONTRACT.test(small) || MAC_ADDRESS.test(small) ? small.replace(/[:-]/g, '') : small
}

/** A registry whose vehicles have pseudonyms for tokens and their groups; the very same one when they have already. */
export function underPseudonyms(registry: Registry, pseudonym: Pseudonym): Registry {
  if (registry.vehicles.every(isHidden)) return registry
  const vehicles = registry.vehicles.map((vehicle) => (isHidden(vehicle) ? vehicle : hidden(vehicle, pseudonym)))
  return { ...registry, vehicles }
}

function isHidden({ token, tokenSetting }: Vehicle): boolean {
  return SHAPE.test(token) && (tokenSetting?.group === undefined || GROUP_SHAPE.test(tokenSetting.group))
}

function hidden(vehicle: Vehicle, pseudonym: Pseudonym): Vehicle {
  const { tokenSetting } = vehicle
  const token = SHAPE.test(vehicle.token) ? vehicle.token : pseudonym(vehicle.token)
  if (tokenSetting?.group === undefined || GROUP_SHAPE.test(tokenSetting.group)) return { ...vehicle, token }
  return { ...vehicle, token, tokenSetting: { ...tokenSetting, group: groupPseudonym(tokenSetting.group, pseudonym) } }
}

/** Stations hear it and compare it with others of ours, never with a card, so 20 characters that every version can hold are enough (CiString20Type). */
function groupPseudonym(group: string, pseudonym: Pseudonym): string {
  return `g_${pseudonym(group).slice(2, 2 + GROUP_HEX_DIGITS)}`
}
