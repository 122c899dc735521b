// Schedules of the commercial aggregator: 15-minute series in with versions, what is in force out, and both sides beside each other to the quarter watt-hour.
import { z } from 'zod'
import type { TradingDesk } from '../../../domain/ports/trading-desk.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { later } from '../../../domain/time/slot.ts'
import { isClosed, type ScheduleRefusal } from '../../../domain/trading/schedule-book.ts'
import { plannedIn } from '../../../domain/trading/reconcile.ts'
import { isSamePortfolio, type Schedule } from '../../../domain/trading/schedule.ts'
import { wattHours, type Energy } from '../../../domain/units.ts'
import { problem } from '../../wire/problem.ts'
import { CONTROL_AREAS, dayPath, knownPortfolio, name, placeOf } from './portfolio-path.ts'
import type { RestPorts } from '../ports.ts'
import { route, TRADERS, TRADERS_AND_VIEWERS, type Route } from '../route.ts'
import { assertWritable, fromJournal } from '../operator/store-access.ts'
import { energy, instant, slotQuality, slotRevision, slotStart, wholeQuarters } from '../wire-values.ts'

const newSchedule = z
  .strictObject({
    message: name.meta({ description: 'The sender’s name for this message' }),
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .meta({ description: 'Rises with every change of the day' }),
    energyWh: z.array(wholeQuarters.nullable()).min(1).max(200).meta({
      description: 'By quarter-hour of the local day: 92, 96 or 100; positive takes from the grid, null where nothing is sold',
    }),
  })
  .meta({ id: 'NewSchedule' })
const schedule = z
  .strictObject({
    balanceGroup: z.string(),
    controlArea: z.enum(CONTROL_AREAS),
    day: z.string(),
    zone: z.string(),
    message: z.string(),
    version: z.int(),
    slots: z.array(z.strictObject({ position: z.int(), start: instant, energyWh: energy.nullable(), isOpen: z.boolean() })),
  })
  .meta({ id: 'Schedule' })
const receipt = z
  .strictObject({
    version: z.int(),
    isRepeated: z.boolean().meta({ description: 'It was there already, word for word' }),
    inForce: z.int().meta({ description: 'Version in force now; a repeated older one never comes back into force' }),
    changed: z.array(z.int()).meta({ description: 'Positions that differ from the version before' }),
    warnings: z
      .array(z.strictObject({ position: z.int(), leastWh: energy, mostWh: energy }))
      .nullable()
      .meta({
        description:
          'Quarter-hours in which the cars that are plugged in now cannot do what is sold, with what they can; null where that could not be found out. Taken nevertheless: others may come',
      }),
  })
  .meta({ id: 'ScheduleReceipt' })
const quarters = z.int().meta({ id: 'QuarterWattHours', description: 'Whole numbers of 0.25 Wh; positive takes from the grid' })
const reconciliation = z
  .strictObject({
    day: z.string(),
    version: z.int().nullable().meta({ description: 'Version of the schedule in force' }),
    openQuarterWh: quarters.meta({ description: 'Sum of the sizes of all differences' }),
    slots: z.array(
      z.strictObject({
        position: z.int(),
        start: instant,
        nominated: quarters.nullable(),
        traded: quarters.nullable(),
        metered: quarters.nullable(),
        meterQuality: slotQuality.nullable(),
        meterRevisions: slotRevision,
        planned: quarters
          .nullable()
          .meta({ description: 'What the last fleet plan foresees, expected cars included; null where none does' }),
        difference: quarters.meta({ description: 'Nominated less traded' }),
        imbalance: quarters.nullable().meta({ description: 'Metered less nominated' }),
      }),
    ),
  })
  .meta({ id: 'Reconciliation' })

const versionQuery = z.strictObject({
  version: z.coerce.number().int().min(1).optional().meta({ description: 'The one in force where it is left out' }),
})

/** Routes of schedules. */
export function scheduleRoutes(ports: Pick<RestPorts, 'flexibility' | 'health' | 'now' | 'plans' | 'trading'>): readonly Route[] {
  return [putSchedule(ports), getSchedule(ports), getChanges(ports), ...getDocuments(ports), getReconciliation(ports)]
}

/** Takes a version of a day. */
function putSchedule(ports: Pick<RestPorts, 'flexibility' | 'health' | 'now' | 'trading'>): Route {
  return route({
    method: 'put',
    path: '/v1/schedules/{balanceGroup}/{controlArea}/{day}',
    access: TRADERS,
    tag: 'Market',
    summary: 'Send a version of the schedule of a day; sent twice it is one',
    description:
      'Quarter-hours whose gate has closed may be repeated but not changed. Refusals name the reason in `type` and `errors`, and the positions in question.',
    pathSchema: dayPath,
    bodySchema: newSchedule,
    answerSchema: receipt,
    answerHeaders: ['ETag'],
    problems: ['not-found', 'version-conflict', 'gate-closed', 'changed-meanwhile', 'not-possible', 'unavailable'],
    async handle({ asker, path, body, ifMatch }) {
      assertWritable(ports)
      const { portfolio, day } = placeOf(path)
      const before = ports.trading.versions(asker, portfolio, day).at(-1) ?? null
      if (ifMatch !== null && ifMatch !== '*' && ifMatch !== etagOf(before) && before?.version !== body.version)
        throw problem('changed-meanwhile', `the version in force is ${before?.version ?? 'none'}; read the schedule again`)
      const energyByPosition = body.energyWh.map((value): Energy | null => (value === null ? null : wattHours(value)))
      const sent: Schedule = { portfolio, message: body.message, day, version: body.version, energy: energyByPosition }
      const answer = await fromJournal(ports.trading.submitSchedule(asker, sent))
      if (!answer.ok) throw scheduleProblem(answer.refusal, ports.trading.gateMs)
      const { schedule: taken, isRepeated, changed } = answer.value
      const warnings = isRepeated ? [] : await warningsOf(ports, asker, taken)
      const current = ports.trading.versions(asker, portfolio, day).at(-1) ?? taken
      return {
        body: { version: taken.version, isRepeated, inForce: current.version, changed: [...changed], warnings },
        headers: { ETag: etagOf(current) },
      }
    },
  })
}

/** The schedule in force, or an earlier version. */
function getSchedule(ports: Pick<RestPorts, 'now' | 'trading'>): Route {
  return route({
    method: 'get',
    path: '/v1/schedules/{balanceGroup}/{controlArea}/{day}',
    access: TRADERS_AND_VIEWERS,
    tag: 'Market',
    summary: 'The schedule in force for a day, or an earlier version of it',
    pathSchema: dayPath,
    querySchema: versionQuery,
    answerSchema: schedule,
    answerHeaders: ['ETag'],
    problems: ['not-found'],
    handle({ asker, path, query }) {
      const { portfolio, day } = placeOf(path)
      const found = versionOf(ports.trading.versions(asker, portfolio, day), query.version, path.day)
      return { body: scheduleBody(found, ports.now(), ports.trading), headers: { ETag: etagOf(found) } }
    },
  })
}

/** What changed from version to version. */
function getChanges(ports: Pick<RestPorts, 'trading'>): Route {
  return route({
    method: 'get',
    path: '/v1/schedules/{balanceGroup}/{controlArea}/{day}/changes',
    access: TRADERS_AND_VIEWERS,
    tag: 'Market',
    summary: 'What changed from version to version of a day',
    pathSchema: dayPath,
    answerSchema: z.strictObject({
      versions: z.array(
        z.strictObject({
          version: z.int(),
          message: z.string(),
          changes: z.array(z.strictObject({ position: z.int(), fromWh: energy.nullable(), toWh: energy.nullable() })),
        }),
      ),
    }),
    problems: ['not-found'],
    handle({ asker, path }) {
      const { portfolio, day } = placeOf(path)
      const versions = ports.trading.versions(asker, portfolio, day)
      if (versions.length === 0) knownPortfolio(ports, asker, path)
      return { body: { versions: changesOf(versions) } }
    },
  })
}

/** The schedule as others write it. */
function getDocuments(ports: Pick<RestPorts, 'now' | 'trading'>): readonly Route[] {
  return (['csv', 'cim'] as const).map((format) =>
    route({
      method: 'get',
      path: `/v1/schedules/{balanceGroup}/{controlArea}/{day}/${format}`,
      access: TRADERS_AND_VIEWERS,
      tag: 'Market',
      summary:
        format === 'csv'
          ? 'The schedule in force as CSV, local and UTC times'
          : 'The schedule in force as CIM Schedule_MarketDocument',
      pathSchema: dayPath,
      querySchema: versionQuery,
      answerSchema: null,
      answerType: format === 'csv' ? 'text/csv' : 'application/xml',
      problems: ['not-found'],
      handle({ asker, path, query }) {
        const { portfolio, day } = placeOf(path)
        const found = versionOf(ports.trading.versions(asker, portfolio, day), query.version, path.day)
        return format === 'csv'
          ? { body: ports.trading.documents.csv(found), type: 'text/csv' }
          : { body: ports.trading.documents.cim(found, ports.now()), type: 'application/xml' }
      },
    }),
  )
}

/** Schedule, deals and meters of a day. */
function getReconciliation(ports: Pick<RestPorts, 'plans' | 'trading'>): Route {
  return route({
    method: 'get',
    path: '/v1/reconciliation/{balanceGroup}/{controlArea}/{day}',
    access: TRADERS_AND_VIEWERS,
    tag: 'Market',
    summary: 'Schedule, deals and meters of a day beside each other in quarter watt-hours',
    pathSchema: dayPath,
    answerSchema: reconciliation,
    problems: ['not-found'],
    handle({ asker, path }) {
      const { day } = placeOf(path)
      const portfolio = knownPortfolio(ports, asker, path)
      const { slots, open } = ports.trading.reconciliation(asker, portfolio, day)
      const plan = ports.plans.fleetPlans(asker).find((other) => isSamePortfolio(portfolio, other)) ?? null
      const planned = plannedIn(day, plan)
      return {
        body: {
          day: day.date,
          version: ports.trading.versions(asker, portfolio, day).at(-1)?.version ?? null,
          openQuarterWh: open,
          slots: slots.map(({ slot, ...rest }, i) => ({ start: slotStart(slot), ...rest, planned: planned[i] ?? null })),
        },
      }
    },
  })
}

/** Where the schedule asks for more or less than the cars of now can do; null where that cannot be said. It is on record already: nothing here holds it up. */
async function warningsOf(
  ports: Pick<RestPorts, 'flexibility' | 'now'>,
  asker: Asker,
  { portfolio, day, energy: sold }: Schedule,
) {
  const now = ports.now()
  const subject = `portfolio:${portfolio.balanceGroup}/${portfolio.controlArea}`
  const band = await ports.flexibility.flexibility(asker, subject, now).catch(() => null)
  if (band === null) return null
  return sold.flatMap((wanted, i) => {
    const t = later(day.first, i) - band.first
    // The running quarter-hour counts with what is left of it, and beyond the last departure nobody knows.
    if (wanted === null || t < 1 || t >= band.powerMin.length) return []
    const [leastWh, mostWh] = [Math.ceil(band.powerMin[t]!) / 4, Math.floor(band.powerMax[t]!) / 4]
    return wanted < leastWh || wanted > mostWh ? [{ position: i + 1, leastWh, mostWh }] : []
  })
}
function versionOf(versions: readonly Schedule[], wanted: number | undefined, day: string): Schedule {
  const found = wanted === undefined ? versions.at(-1) : versions.find(({ version }) => version === wanted)
  if (found === undefined) throw problem('not-found', `there is no such schedule for ${day}`)
  return found
}
function etagOf(of: Schedule | null): string {
  return of === null ? '"none"' : `"${of.version}"`
}

function scheduleBody(of: Schedule, now: number, { gateMs }: Pick<TradingDesk, 'gateMs'>): z.output<typeof schedule> {
  return {
    ...of.portfolio,
    day: of.day.date,
    zone: of.day.zone,
    message: of.message,
    version: of.version,
    slots: of.energy.map((energyWh, i) => {
      const slot = later(of.day.first, i)
      return { position: i + 1, start: slotStart(slot), energyWh, isOpen: !isClosed(slot, now, gateMs) }
    }),
  }
}

function changesOf(versions: readonly Schedule[]) {
  return versions.map(({ version, message, energy: now }, i) => {
    const before = versions[i - 1]?.energy
    const changes = now.flatMap((toWh, k) => {
      const fromWh = before?.[k] ?? null
      return fromWh === toWh ? [] : [{ position: k + 1, fromWh, toWh }]
    })
    return { version, message, changes }
  })
}

function scheduleProblem(refusal: ScheduleRefusal, gateMs: number): Error {
  const at = (positions: readonly number[], detail: string) =>
    positions.slice(0, 100).map((position) => ({ pointer: `/energyWh/${position - 1}`, detail }))
  switch (refusal.kind) {
    case 'unknown-portfolio':
      return problem('not-found', 'no station belongs to this balance group in this control area')
    case 'wrong-count':
      return problem('not-possible', `this day has ${refusal.expected} quarter-hours, the schedule has ${refusal.got}`, {
        errors: [{ pointer: '/energyWh', detail: `${refusal.expected} values are needed` }],
      })
    case 'version-outdated':
      return problem('changed-meanwhile', `version ${refusal.current} is in force; an older one never replaces it`)
    case 'version-conflict':
      return problem(
        'version-conflict',
        `version ${refusal.version} is known with another content; a change needs a higher version`,
      )
    case 'gate-closed':
      return problem(
        'gate-closed',
        `${refusal.positions.length === 1 ? '1 quarter-hour' : `${refusal.positions.length} quarter-hours`} cannot be changed any more: they close ${Math.round(gateMs / 60_000)} min before they begin`,
        {
          errors: at(refusal.positions, 'the gate has closed'),
        },
      )
    case 'implausible':
      return problem('not-possible', `all stations together cannot do more than ${refusal.most} Wh in a quarter-hour`, {
        errors: at(refusal.positions, `more than ${refusal.most} Wh`),
      })
    case 'too-far':
      return problem('not-possible', `nothing is sold more than ${refusal.days} days ahead`)
    case 'book-full':
      return problem('not-possible', `at most ${refusal.most} versions of schedules are kept, of all days together`)
    case 'too-many-versions':
      return problem('not-possible', `a day has at most ${refusal.most} versions`)
  }
}
