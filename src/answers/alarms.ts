// What needs a person, in sentences: a station that is away, limited or does not follow, a car whose word does not count, a target that is missed.
import type { LiveEvse, LiveStation } from '../../domain/live/live-fleet.ts'
import { SKEW_ALARM_MS } from '../../domain/telemetry/station-clock.ts'
import { SILENT_MS } from '../../domain/live/stored-energy.ts'
import type { Plan } from '../../domain/planning/plan.ts'
import type { Session } from '../../domain/registry/session.ts'
import type { StationLimit } from '../../domain/registry/station.ts'
import { reachAlarms } from './reach-alarms.ts'

const LIMITS: Record<StationLimit, string> = {
  reconnects: 'reconnects too often: admitted once a minute',
  messages: 'sends more than 20 messages a second, or as much in long ones: slowed down',
}

export const METER_OFF = 'the register of the meter jumped or runs faster than its rating: not counted'

/** Sentences for the limits a station runs into. */
export function limitAlarms(limits: readonly StationLimit[]): readonly string[] {
  return limits.map((limit) => LIMITS[limit])
}

/** An alarm about what a station told stays this long after the last time. */
const TOLD_MS = 900_000

/** Alarms of an EVSE at an instant, epoch ms. */
export function alarmsOf(
  live: LiveEvse,
  station: LiveStation | undefined,
  session: Session | null,
  plan: Plan | null,
  at: number,
  localTime: (at: number) => string,
): readonly string[] {
  const alarms: string[] = []
  if (station?.connected !== true) alarms.push('no connection: the station follows its last schedule, then its safe default')
  if (live.status === 'faulted') alarms.push('the station reports a fault')
  alarms.push(...strandedAlarms(live, localTime))
  alarms.push(...reachAlarms(live, session, at, localTime))
  const skewMs = station?.clock.skewMs ?? 0
  if (Math.abs(skewMs) > SKEW_ALARM_MS) alarms.push(`its clock is ${clockError(skewMs)}: what it tells is put right`)
  const impossible = station?.impossible ?? null
  if (impossible !== null && at - impossible.at < TOLD_MS)
    alarms.push(`told values that cannot be, which were left out (${localTime(impossible.at)}): ${impossible.text}`)
  if (live.failure !== null && at - live.failure.at < TOLD_MS)
    alarms.push(`cannot be led by its plan and falls back to the safe default: ${live.failure.detail}`)
  const order = live.order
  // What a station refused for a car that has left meanwhile needs nobody.
  if (order?.state.kind === 'ended' && order.state.outcome === 'refused' && order.content.session === session?.id)
    alarms.push(`refused the last order: ${order.state.detail}`)
  for (const breach of plan?.breaches ?? [])
    if (breach.kind === 'target') alarms.push(`target missed by ${(breach.missing / 1000).toFixed(1)} kWh: ${breach.cause}`)
  return alarms
}

/** How far a clock is off, in the largest unit that says it; whole quarter-hours look like a time zone. */
function clockError(skewMs: number): string {
  const way = skewMs > 0 ? 'ahead' : 'behind'
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  if (minutes > 2 * 24 * 60) return `${Math.round(minutes / 24 / 60)} days ${way}`
  if (minutes < 3) return `${Math.round(Math.abs(skewMs) / 1_000)} s ${way}`
  return `${minutes} min ${way}${skewMs % 900_000 === 0 ? ', a local time told as UTC' : ''}`
}

/** What is wrong with what a plugged car tells about its state of charge (F34). */
export function socAlarms({ session, trust, flow }: LiveEvse, bidirectional: boolean): readonly string[] {
  if (session === null) return []
  if (trust.standing === 'distrusted') {
    const { lie } = trust
    const told = lie === null ? 'in its session before' : `told ${percent(lie.told)} where ${percent(lie.expected)} is possible`
    return [`state of charge is not believed (${told}): the lower value counts, nothing is given that is not certain`]
  }
  if (trust.told === null || !bidirectional || (flow.countedAt ?? 0) - trust.told.at <= SILENT_MS) return []
  return ['tells its state of charge no more: counted on by its meter only']
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** Tries after which a station that does not begin again needs a person. */
const TRIES_MAX = 3

/** A car that is there and has no transaction, because it was asked to wait and its station ended it. */
function strandedAlarms({ stranded }: LiveEvse, localTime: (at: number) => string): readonly string[] {
  if (stranded === null || stranded.goesOnAt === null) return []
  const ended = 'its station ended the transaction when it was asked to wait, and the car is still there'
  if (stranded.tries === 0) return [`${ended}: it is asked to begin again at ${localTime(stranded.goesOnAt)}`]
  const again = `asked to begin again ${stranded.tries === 1 ? 'once' : `${stranded.tries} times`}`
  return [`${ended}: ${again}${stranded.tries < TRIES_MAX ? '' : ', and nothing came of it: somebody has to start it'}`]
}
