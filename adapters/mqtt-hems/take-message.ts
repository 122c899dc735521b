// What a message of an energy manager does: a fact, a limit, or nothing because it was there before.
import type { Fact } from '../../domain/facts/fact.ts'
import type { HemsSample } from '../../domain/facts/hems.ts'
import type { Direction } from '../../domain/limitation/limit.ts'
import type { LocalLimits } from '../../domain/ports/local-limits.ts'
import type { SiteId } from '../../domain/registry/identity.ts'
import { ok, refused, type Result } from '../../domain/result.ts'
import type { SiteLoad } from '../../domain/signals/site-load.ts'
import { slotAt, startOf } from '../../domain/time/slot.ts'
import { watts } from '../../domain/units.ts'
import type { Problem } from '../wire/problem.ts'
import type { HouseBook } from './house-book.ts'
import type { LedAssets } from './led-assets.ts'
import type { HemsMessage } from './messages.ts'

export interface MessageContext {
  readonly site: SiteId
  /** The part of the topic that names an asset. */
  readonly name: string
  readonly message: Exclude<HemsMessage, { readonly name: 'presence' | 'rpc' }>
  /** Told with QoS 0: it may have holes. */
  readonly isUnacknowledged: boolean
  /** Epoch ms. */
  readonly now: number
  readonly book: HouseBook
  readonly keep: (fact: Fact) => Promise<void>
  readonly local: LocalLimits
  readonly led: LedAssets
  /** Takes what a house is foreseen to take; refused with a sentence. */
  readonly foreseen: ForeseenLoad
}
export type ForeseenLoad = (load: SiteLoad) => Promise<Result<{ readonly isRepeated: boolean }, string>>
export type Taken = 'taken' | 'repeated'

/** A sender's clock may be this much ahead, and what it tells this old, ms. */
const AHEAD_MS = 60_000
const BEHIND_MS = 7 * 86_400_000

/** Takes a message; resolves when what it says is durable. Rejects where nothing can be recorded. */
export async function takeMessage(context: MessageContext): Promise<Result<Taken, Problem>> {
  const { site, message, local } = context
  switch (message.name) {
    case 'heartbeat/site':
      await local.heartbeat(site)
      return ok('taken')
    case 'capabilities':
      return describe(context, message.body)
    case 'telemetry':
      return measure(context, message.body)
    case 'limit/ack':
      return acknowledge(context, 'limit', message.body.limitId, message.body)
    case 'schedule/ack': {
      const { revision, result, reason } = message.body
      context.led.answered(site, revision, result === 'accepted', reason ?? null)
      return acknowledge(context, 'schedule', String(revision), message.body)
    }
    case 'flex/offer':
      return foresee(context, message.body)
    case 'user/requirement': {
      const taken = await context.led.required(site, message.body)
      return taken ? ok('taken') : refused({ kind: 'not-found', detail: `no asset ${message.body.asset} is led by us here` })
    }
    case 'limit/local/consumption':
      return limitLocally(context, 'consume', message.body)
    case 'limit/local/production':
      return limitLocally(context, 'produce', message.body)
  }
}

type Body<Name extends HemsMessage['name']> = Extract<HemsMessage, { readonly name: Name }>['body']

async function describe({ site, book, keep, led }: MessageContext, told: Body<'capabilities'>): Promise<Result<Taken, Problem>> {
  const capabilities = {
    vendor: told.vendor,
    model: told.model ?? null,
    firmware: told.firmware ?? null,
    assets: told.assets.map(({ id, kind, chargeMaxW, dischargeMaxW, capacityWh, station, follows }) => ({
      id,
      kind,
      chargeMaxW: chargeMaxW ?? null,
      dischargeMaxW: dischargeMaxW ?? null,
      capacityWh: capacityWh ?? null,
      station: station ?? null,
      follows,
    })),
  }
  if (JSON.stringify(book.house(site)?.capabilities) === JSON.stringify(capabilities)) return ok('repeated')
  const fault = led.faultOf(site, capabilities)
  if (fault !== null) return refused({ kind: 'not-possible', detail: fault })
  await keep({ kind: 'hems-described', site, capabilities })
  led.described(site)
  return ok('taken')
}

async function measure(
  context: MessageContext,
  { seq, run, samples: told, session }: Body<'telemetry'>,
): Promise<Result<Taken, Problem>> {
  const { site, name: asset, isUnacknowledged, now, book, keep, led } = context
  const before = book.house(site)?.assets.get(asset)
  if (before !== undefined && before.run === run && before.sequence >= seq) return ok('repeated')
  const odd = told.findIndex(({ ts }) => ts > now + AHEAD_MS || ts < now - BEHIND_MS)
  if (odd >= 0) return refused(outOfTime(`/samples/${odd}/ts`, told[odd]!.ts > now))
  const samples = told.map(({ ts, powerW, reactiveVar, importWh, exportWh, socPercent }): HemsSample => ({
    at: ts,
    powerW,
    reactiveVar: reactiveVar ?? null,
    importedWh: importWh ?? null,
    exportedWh: exportWh ?? null,
    soc: socPercent == null ? null : socPercent / 100,
  }))
  // What we lead is measured like every station; of its batches only the last sample is needed beside, and after them.
  const isLed = await led.measured(site, asset, samples, session)
  const rest = isLed ? samples.slice(-1) : samples
  await keep({ kind: 'hems-measured', site, asset, run, sequence: seq, samples: rest, isForSettlement: !isUnacknowledged })
  return ok('taken')
}

async function acknowledge(
  { site, book, keep }: MessageContext,
  what: 'limit' | 'schedule',
  id: string,
  { result, reason, appliedAt, measuredW }: Omit<Body<'limit/ack'>, 'limitId'>,
): Promise<Result<Taken, Problem>> {
  const isAccepted = result === 'accepted'
  const before = book.house(site)?.answers.get(what)
  if (before?.id === id && before.isAccepted === isAccepted) return ok('repeated')
  await keep({
    kind: 'hems-acknowledged',
    site,
    what,
    id,
    isAccepted,
    reason: reason ?? null,
    appliedAt: appliedAt ?? null,
    measuredW: measuredW ?? null,
  })
  return ok('taken')
}

async function foresee(
  { site, foreseen }: MessageContext,
  { asOf, from, baselineW }: Body<'flex/offer'>,
): Promise<Result<Taken, Problem>> {
  const first = slotAt(from)
  if (startOf(first) !== from) return refused(invalid('/from', 'is no begin of a quarter-hour'))
  const taken = await foreseen({ site, asOf, first, power: baselineW })
  if (!taken.ok) return refused({ kind: 'not-possible', detail: taken.refusal })
  return ok(taken.value.isRepeated ? 'repeated' : 'taken')
}

async function limitLocally(
  { site, now, local }: MessageContext,
  direction: Direction,
  { active, valueW, until, origin }: Body<'limit/local/consumption'>,
): Promise<Result<Taken, Problem>> {
  if (active && valueW == null) return refused(invalid('/valueW', 'is needed where the limit is active'))
  const isWrongWay = active && (direction === 'consume' ? valueW! < 0 : valueW! > 0)
  if (isWrongWay) return refused(invalid('/valueW', `has the sign of the other direction: taking from the grid is positive`))
  // A retained one of the past that comes again says that nothing limits any more.
  const isOver = until != null && until <= now
  const power = active && !isOver ? watts(valueW!) : null
  const told = await local.tell(site, { direction, power, until: power === null ? null : (until ?? null), origin })
  return told.ok ? ok('taken') : refused({ kind: 'not-possible', detail: told.refusal })
}

function invalid(pointer: string, detail: string): Problem {
  return { kind: 'invalid-request', detail: 'some values are not valid', errors: [{ pointer, detail }] }
}
function outOfTime(pointer: string, isEarly: boolean): Problem {
  const detail = isEarly ? 'lies in the future: the clock of the sender is wrong' : 'is older than seven days'
  return {
    kind: 'not-possible',
    reason: isEarly ? 'too-early' : 'outdated',
    detail: 'the batch was left out',
    errors: [{ pointer, detail }],
  }
}
