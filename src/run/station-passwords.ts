// Passwords of stations by hand: made by us or set at the station, with the one before let in until nobody can be locked out by it any more.
import {
  adoptStationPassword,
  createStationPassword,
  PASSWORDS_MAX,
  type StoredCredential,
} from '../../adapters/ocpp/credentials.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { ByHand, OlderSecret } from '../../domain/facts/station-by-hand.ts'
import type { LiveFleet } from '../../domain/live/live-fleet.ts'
import type { CommandReceipt, CommandRefusal, NewPassword, PasswordRefusal } from '../../domain/ports/answers/by-hand.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { StationId } from '../../domain/registry/identity.ts'
import type { VariableName } from '../../domain/registry/station-command.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { CommandRequest, StationCommandDesk } from './station-commands.ts'
import { byOf } from './station-registry.ts'

export interface StationPasswordOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly commands: StationCommandDesk
  readonly keep: (fact: Fact) => Promise<void>
  /** What the registry file says of a station's password. */
  readonly credential: (station: StationId) => StoredCredential | null
  readonly pepper: string
}
export interface StationPasswordDesk {
  set(
    asker: Asker,
    station: StationId,
    how: { readonly tell: boolean; readonly reason: string },
  ): Promise<Result<NewPassword, PasswordRefusal>>
  /** Sets the password of a station at the station itself, as a command: both passwords are let in until it has answered. */
  command(asker: Asker, request: CommandRequest, value: string): Promise<Result<CommandReceipt, CommandRefusal>>
}

/** How long an older password is let in after another one was set (A01: a station comes back late, or with the one before). */
const OLDER_MS = 600_000

/** Passwords over the record of a fleet. */
export function stationPasswordDesk(options: StationPasswordOptions): StationPasswordDesk {
  const { clock, fleet, commands, keep, pepper } = options

  /** What lets a station in now, as older than a new one. */
  function olderOf(station: StationId, until: number | null): readonly OlderSecret[] {
    const known = fleet.byHand.passwords.get(station)
    const current = known?.secret ?? options.credential(station)
    const now = clock.now()
    const before = (known?.older ?? []).filter((one) => one.until === null || one.until > now)
    const own = current === null ? [] : [{ salt: current.salt, hash: current.hash, until }]
    return [...own, ...before.map((one) => ({ ...one, until: one.until ?? until }))].slice(0, PASSWORDS_MAX - 1)
  }

  /** Offers a password to a station: it and the ones before are let in, until the station has said what it took. */
  async function offer<Refusal>(
    station: StationId,
    secret: StoredCredential,
    by: ByHand,
    ask: () => Promise<Result<CommandReceipt, Refusal>>,
  ): Promise<Result<CommandReceipt, Refusal>> {
    const before = fleet.byHand.passwords.get(station)
    const older = olderOf(station, null)
    const set = (until: number | null): Fact => ({
      kind: 'station-password-set',
      station,
      secret,
      older: older.map((one) => ({ ...one, until })),
      ...by,
    })
    await keep(set(null))
    const answer = await ask()
    const outcome = answer.ok ? answer.value.command.outcome : 'rejected'
    if (outcome === 'accepted') await keep(set(clock.now() + OLDER_MS))
    else if (outcome !== 'no-answer')
      await keep(
        before === undefined
          ? { kind: 'station-password-dropped', station }
          : { kind: 'station-password-set', station, ...before, ...by },
      )
    return answer
  }

  async function tell(asker: Asker, station: StationId, reason: string): Promise<Result<NewPassword, PasswordRefusal>> {
    const { password, stored } = createStationPassword(pepper)
    const variable = passwordVariable(fleet.stations.get(station)?.dialect === 'ocpp1.6')
    const command = { kind: 'set-configuration', variable, value: password } as const
    const request = { station, id: `password-${stored.salt.slice(0, 12)}`, command, asked: command, reason }
    const answer = await offer(station, stored, byOf(asker, reason), () => commands.ask(asker, request))
    if (!answer.ok) return refused(answer.refusal.kind === 'too-many' ? answer.refusal : { kind: 'unknown-station' })
    const { outcome, detail } = answer.value.command
    const isTaken = outcome === 'accepted' || outcome === 'no-answer'
    const [first] = fleet.byHand.passwords.get(station)?.older ?? []
    return ok({
      password: isTaken ? password : null,
      olderUntil: isTaken ? (first?.until ?? null) : null,
      told: { outcome: outcome ?? 'no-answer', detail },
    })
  }

  return {
    async set(asker, station, { tell: isTold, reason }) {
      if (!fleet.stations.has(station)) return refused({ kind: 'unknown-station' })
      if (isTold) return tell(asker, station, reason)
      const afterMs = commands.spend(station)
      if (afterMs > 0) return refused({ kind: 'too-many', afterMs })
      const { password, stored: secret } = createStationPassword(pepper)
      const older = olderOf(station, clock.now() + OLDER_MS)
      await keep({ kind: 'station-password-set', station, secret, older, ...byOf(asker, reason) })
      return ok({ password, olderUntil: older[0]?.until ?? null, told: null })
    },
    async command(asker, request, value) {
      const { station } = request
      if (commands.view(station, request.id) !== null) return commands.ask(asker, request)
      const { vendor = null, model = null } = fleet.stations.get(station) ?? {}
      const words = [station, vendor, model].filter((word) => word !== null)
      const stored = adoptStationPassword(value, pepper, words)
      if (!stored.ok) return refused({ kind: 'weak-password', reason: stored.refusal.reason })
      return offer(station, stored.value, byOf(asker, request.reason), () => commands.ask(asker, request))
    },
  }
}

/** What lets a station in at an instant, epoch ms: passwords given by hand over those of the registry file. */
export function passwordsOf(
  { byHand }: Pick<LiveFleet, 'byHand'>,
  station: StationId,
  ofFile: (station: StationId) => StoredCredential | null,
  now: number,
): readonly StoredCredential[] {
  const known = byHand.passwords.get(station)
  if (known !== undefined) return [known.secret, ...known.older.filter(({ until }) => until === null || until > now)]
  const stored = byHand.removed.has(station) ? null : ofFile(station)
  return stored === null ? [] : [stored]
}

/** Where the password lies on a station (A01; 1.6 with the security extension). */
function passwordVariable(isV16: boolean): VariableName {
  const plain = { componentInstance: null, evse: null, instance: null }
  return isV16
    ? { ...plain, component: null, variable: 'AuthorizationKey' }
    : { ...plain, component: 'SecurityCtrlr', variable: 'BasicAuthPassword' }
}
