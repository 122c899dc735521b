// The desk of stations by hand: added, removed and given passwords while everything runs. All of it is in the journal and counts over the registry file.
import {
  adoptStationPassword,
  createStationPassword,
  PASSWORDS_MAX,
  type StoredCredential,
} from '../../adapters/ocpp/credentials.ts'
import { spend, tokenBucket, waitMs } from '../../adapters/ocpp/rpc/token-bucket.ts'
import type { Fact } from '../../domain/facts/fact.ts'
import type { ByHand, OlderSecret } from '../../domain/facts/station-by-hand.ts'
import { evsesOf, openSession, type LiveFleet } from '../../domain/live/live-fleet.ts'
import type {
  AddRefusal,
  CommandReceipt,
  CommandRefusal,
  NewPassword,
  PasswordRefusal,
  RemoveRefusal,
  StationAdded,
  WantedStation,
} from '../../domain/ports/answers/by-hand.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { StationCommands } from '../../domain/ports/station-commands.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import { evseNumber, type StationId } from '../../domain/registry/identity.ts'
import type { VariableName } from '../../domain/registry/station-command.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { CommandRequest, StationCommandDesk } from './station-commands.ts'

export interface StationRegistryOptions {
  readonly clock: Clock
  readonly fleet: LiveFleet
  readonly stations: Pick<StationCommands, 'forget'>
  readonly commands: StationCommandDesk
  readonly application: {
    /** Records a fact and has everybody looked at whom it concerns. */
    keep(fact: Fact, concerns: { readonly evses: readonly []; readonly cause: string }): Promise<void>
    /** Ends what is open at a station and records the fact that takes it out. */
    takeOut(station: StationId, fact: Fact, detail: string): Promise<void>
  }
  /** What the registry file says of a station's password. */
  readonly credential: (station: StationId) => StoredCredential | null
  readonly pepper: string
}
export interface StationRegistryDesk {
  /** `password`: what is stored of the one it brings; null has one made. */
  add(asker: Asker, wanted: WantedStation, password: StoredCredential | null): Promise<Result<StationAdded, AddRefusal>>
  remove(
    asker: Asker,
    station: StationId,
    how: { readonly force: boolean; readonly reason: string },
  ): Promise<Result<null, RemoveRefusal>>
  setPassword(
    asker: Asker,
    station: StationId,
    how: { readonly tell: boolean; readonly reason: string },
  ): Promise<Result<NewPassword, PasswordRefusal>>
  /** Sets the password of a station at the station itself, as a command: both passwords are let in until it has answered. */
  command(asker: Asker, request: CommandRequest, value: string): Promise<Result<CommandReceipt, CommandRefusal>>
}

/** Stations that may be added beside the registry file. */
const ADDED_MAX = 10_000
/** Changes of the registry: so many at once, then one a second; each looks at the whole of it once. */
const CHANGES = { perSecond: 1, burst: 100 }
/** How long an older password is let in after another one was set (A01: a station comes back late, or with the one before). */
const OLDER_MS = 600_000

/** Changes over the record of a fleet. */
export function stationRegistryDesk(options: StationRegistryOptions): StationRegistryDesk {
  const { clock, fleet, application, commands, pepper } = options
  const allowance = tokenBucket(CHANGES)
  const keep = (fact: Fact) => application.keep(fact, { evses: [], cause: 'the registry changed' })

  /** Ms to wait for the next change; 0 for one that may be made now. */
  function spendChange(): number {
    const wait = waitMs(allowance, 1, clock.elapsed())
    if (wait === 0) spend(allowance, 1, clock.elapsed())
    return wait
  }

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
    async add(asker, { station, evses, reason }, brought) {
      const { added, base, removed } = fleet.byHand
      const known = added.get(station)
      if (known !== undefined)
        return JSON.stringify(known) === JSON.stringify(evses)
          ? ok({ password: null, isRepeated: true })
          : refused({ kind: 'known-otherwise' })
      if (!removed.has(station) && base.evses.some((evse) => evse.station === station))
        return refused({ kind: 'in-registry-file' })
      const stranger = evses.find(({ site }) => !fleet.sites.has(site))
      if (stranger !== undefined) return refused({ kind: 'unknown-site', site: stranger.site })
      if (added.size >= ADDED_MAX) return refused({ kind: 'too-many-stations', most: ADDED_MAX })
      const afterMs = spendChange()
      if (afterMs > 0) return refused({ kind: 'too-many', afterMs })
      const by = byOf(asker, reason)
      const made = brought === null ? createStationPassword(pepper) : null
      const secret = made?.stored ?? brought!
      await Promise.all([
        keep({ kind: 'station-added', station, evses, ...by }),
        keep({ kind: 'station-password-set', station, secret, older: [], ...by }),
      ])
      return ok({ password: made?.password ?? null, isRepeated: false })
    },
    async remove(asker, station, { force, reason }) {
      if (!fleet.stations.has(station)) return refused({ kind: 'unknown-station' })
      const open = evsesOf(fleet, station).find((live) => openSession(fleet, live) !== null)
      if (open !== undefined && !force) return refused({ kind: 'open-session', evse: evseNumber(open.evse.id) })
      const afterMs = spendChange()
      if (afterMs > 0) return refused({ kind: 'too-many', afterMs })
      const fact: Fact = { kind: 'station-removed', station, ...byOf(asker, reason) }
      const taken = application.takeOut(station, fact, 'the station was removed by hand')
      options.stations.forget(station, 'this station was removed')
      await taken
      return ok(null)
    },
    async setPassword(asker, station, { tell: isTold, reason }) {
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

function byOf({ name, role }: Asker, reason: string): ByHand {
  return { by: name, role, reason }
}

/** Where the password lies on a station (A01; 1.6 with the security extension). */
function passwordVariable(isV16: boolean): VariableName {
  const plain = { componentInstance: null, evse: null, instance: null }
  return isV16
    ? { ...plain, component: null, variable: 'AuthorizationKey' }
    : { ...plain, component: 'SecurityCtrlr', variable: 'BasicAuthPassword' }
}
