// A site as a file: one connection with a house, sun and everything that stores, for planning without a running server.
import { z } from 'zod'
import { parseInstant } from '../../adapters/wire/rfc3339.ts'
import { richProblem, type RichProblem } from '../../domain/planning/battery/rich-problem.ts'
import { heatStore } from '../../domain/planning/site/heat-store.ts'
import { siteProblem, type SiteProblem } from '../../domain/planning/site/site-problem.ts'
import { slotAt, startOf, type Slot } from '../../domain/time/slot.ts'
import { ctPerKWh } from '../../domain/units.ts'
import { exitError } from './exit.ts'

/** Two days. */
const STEPS_MAX = 192
const ISSUES_MAX = 10

const power = z.number().min(0).max(1e6)
const wattHours = z.number().min(0).max(1e7)
const cents = z.number().min(-1_000).max(1_000)
const share = z.number().gt(0).max(1)
/** One value for all quarter-hours, or one for each. */
const course = (value: z.ZodNumber) => z.union([value, z.array(value).min(1).max(STEPS_MAX)])
const instant = z.string().transform((text, context) => {
  const at = parseInstant(text)
  if (at !== null) return at
  context.issues.push({ code: 'custom', message: 'a time with offset such as 2026-11-02T10:00:00+01:00 is needed', input: text })
  return z.NEVER
})
const storage = {
  name: z.string().min(1).max(40),
  capacityWh: wattHours,
  startWh: wattHours,
  efficiency: share.default(0.93),
  chargeMaxW: power,
  dischargeMaxW: power.default(0),
  wearCtPerKWh: z.number().min(0).max(1_000).default(3),
  terminalCtPerKWh: cents.default(0),
}
const schema = z.strictObject({
  start: instant,
  hours: z.number().min(0.25).max(48).multipleOf(0.25).default(24),
  loadW: course(z.number().min(-1e6).max(1e6)).default(0),
  pvW: course(power).default(0),
  fuseW: power.optional(),
  feedInMaxW: power.optional(),
  steerableMaxW: course(power).optional(),
  cars: z
    .array(
      z.strictObject({
        ...storage,
        minimumWh: wattHours.default(0),
        targetWh: wattHours,
        from: instant.optional(),
        leavesAt: instant.optional(),
      }),
    )
    .max(20)
    .default([]),
  batteries: z.array(z.strictObject(storage)).max(5).default([]),
  heatPumps: z
    .array(
      z.strictObject({
        name: storage.name,
        powerMaxW: power,
        performance: z.number().gt(0).lt(10),
        storeWh: wattHours,
        startWh: wattHours,
        demandW: course(power),
        lossPerHour: z.number().min(0).max(0.5).default(0),
        comfortWh: wattHours.default(0),
        comfortCtPerKWhHour: z.number().min(0).max(1_000).default(0),
        terminalCtPerKWh: cents.default(0),
      }),
    )
    .max(5)
    .default([]),
})

/** Prices by slot, ct/MWh; null where none is known. */
export type SitePrices = (slot: Slot) => { readonly buy: number; readonly sell: number } | null
export interface NamedSite {
  readonly first: Slot
  readonly names: readonly string[]
  readonly problem: SiteProblem
  /** House and sun, W by step. */
  readonly load: Float64Array
}

/** The problem of a file. Ends the command with 1 naming what is wrong in it. */
export function readSiteFile(file: string, bytes: Uint8Array, prices: SitePrices): NamedSite {
  const parsed = schema.safeParse(jsonOf(file, bytes))
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, ISSUES_MAX)
    throw exitError(1, issues.map(({ path, message }) => `${file}: ${path.join('.') || 'the file'}: ${message}`).join('\n'))
  }
  const site = parsed.data
  const first = slotAt(site.start)
  if (startOf(first) !== site.start) throw exitError(1, `${file}: start: not the start of a quarter-hour`)
  const steps = site.hours * 4
  const series = (of: number | readonly number[], name: string): Float64Array => {
    if (typeof of === 'number') return new Float64Array(steps).fill(of)
    if (of.length !== steps) throw exitError(1, `${file}: ${name}: ${of.length} values for ${steps} quarter-hours`)
    return Float64Array.from(of)
  }
  const known = Array.from({ length: steps }, (_, t) => prices((first + t) as Slot))
  const gap = known.findIndex((price) => price === null)
  if (gap >= 0) throw exitError(1, `${file}: no price is known for ${new Date(startOf((first + gap) as Slot)).toISOString()}`)
  const sun = series(site.pvW, 'pvW')
  const load = series(site.loadW, 'loadW').map((here, t) => here - sun[t]!)
  const storages = [
    ...site.cars.map((car) => storageOf(car, first, steps)),
    ...site.batteries.map((battery) => storageOf(battery, first, steps)),
    ...site.heatPumps.map(
      ({
        demandW,
        storeWh,
        powerMaxW,
        terminalCtPerKWh,
        comfortWh,
        comfortCtPerKWhHour,
        lossPerHour,
        startWh,
        performance,
        name,
      }) =>
        heatStore({
          first,
          steps,
          powerMax: new Float64Array(steps).fill(powerMaxW),
          performance,
          capacity: storeWh,
          start: startWh,
          demand: series(demandW, `${name}: demandW`).map((heat) => heat / 4),
          loss: lossPerHour,
          comfortLevel: comfortWh,
          comfortPrice: ctPerKWh(comfortCtPerKWhHour),
          terminalPrice: ctPerKWh(terminalCtPerKWh),
        }),
    ),
  ]
  if (storages.length === 0) throw exitError(1, `${file}: a site needs a car, a battery or a heat pump`)
  const problem = siteProblem({
    load,
    buy: Float64Array.from(known, (price) => price!.buy),
    sell: Float64Array.from(known, (price) => Math.min(price!.buy, price!.sell)),
    fuse: site.fuseW ?? Infinity,
    feedInLimit: site.feedInMaxW === undefined ? null : new Float64Array(steps).fill(site.feedInMaxW),
    steerableLimit: site.steerableMaxW === undefined ? null : series(site.steerableMaxW, 'steerableMaxW'),
    storages,
  })
  return { first, names: [...site.cars, ...site.batteries, ...site.heatPumps].map(({ name }) => name), problem, load }
}

function jsonOf(file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw exitError(1, `${file}: ${(error as Error).message}`)
  }
}

type Stored = z.output<typeof schema>['batteries'][number] & {
  readonly minimumWh?: number
  readonly targetWh?: number
  readonly from?: number | undefined
  readonly leavesAt?: number | undefined
}

/** A car or a battery; a car away is one without power. */
function storageOf(of: Stored, first: Slot, steps: number): RichProblem {
  const begin = of.from === undefined ? 0 : slotAt(of.from) - first
  const end = Math.min(steps, of.leavesAt === undefined ? steps : slotAt(of.leavesAt) - first)
  const none = new Float64Array(steps)
  const isHere = (t: number) => t >= begin && t < end
  return richProblem({
    first,
    steps,
    buy: none,
    sell: none,
    efficiencyCharge: of.efficiency,
    efficiencyDischarge: of.efficiency,
    wear: ctPerKWh(of.wearCtPerKWh),
    powerMin: none.map((_, t) => (isHere(t) ? -of.dischargeMaxW : 0)),
    powerMax: none.map((_, t) => (isHere(t) ? of.chargeMaxW : 0)),
    energyMin: none,
    energyMax: new Float64Array(steps).fill(of.capacityWh),
    minimum: of.minimumWh ?? 0,
    targets: of.targetWh === undefined || end < 1 ? [] : [{ step: end - 1, energy: of.targetWh }],
    terminalPrice: ctPerKWh(of.terminalCtPerKWh),
    start: of.startWh,
  })
}
