// The voltage at an EVSE, from whatever meter values come by: orders in amperes depend on it.
import type { MeterValue } from '../meter-values.ts'

const [LOWEST, HIGHEST] = [90, 1_500]
/** The highest of so long decides, counted in steps: current times a voltage that rises must not exceed a limit. */
const HIGHEST_OF_MS = 15 * 60_000
const STEP_MS = 5 * 60_000
const STEPS = HIGHEST_OF_MS / STEP_MS + 1

/** The highest voltages of one EVSE, by step of passed time; older steps are overwritten. */
export interface RecentVolts {
  readonly steps: Int32Array
  readonly highest: Float64Array
}

/** The highest voltage within the last 15 min, V; null where none was told. `passed` is passed time, ms. */
export function highestVolts(recent: RecentVolts | undefined, passed: number): number | null {
  if (recent === undefined) return null
  const now = Math.floor(passed / STEP_MS)
  let highest = 0
  for (let i = 0; i < STEPS; i++) if (now - recent.steps[i]! < STEPS) highest = Math.max(highest, recent.highest[i]!)
  return highest > 0 ? highest : null
}

function keepVolts(all: Map<number, RecentVolts>, evse: number, volts: number, passed: number): void {
  let recent = all.get(evse)
  if (recent === undefined)
    all.set(evse, (recent = { steps: new Int32Array(STEPS).fill(-STEPS), highest: new Float64Array(STEPS) }))
  const step = Math.floor(passed / STEP_MS)
  const i = step % STEPS
  if (recent.steps[i] !== step) recent.highest[i] = 0
  recent.steps[i] = step
  recent.highest[i] = Math.max(recent.highest[i]!, volts)
}

/** Whether the newest sample of a message holds a voltage: most hold none. */
export function tellsVolts(payload: object): boolean {
  const newest = (payload as { readonly meterValue?: readonly MeterValue[] }).meterValue?.at(-1)
  return newest?.sampledValue.some(({ measurand }) => measurand === 'Voltage') ?? false
}

/** Keeps the highest voltage of the newest sample of a message that came at a passed time, ms; other messages tell nothing. */
export function noteVolts(
  { volts, evseOf }: { readonly volts: Map<number, RecentVolts>; readonly evseOf: ReadonlyMap<string, number> },
  payload: object,
  passed: number,
): void {
  const told = payload as {
    readonly meterValue?: readonly MeterValue[]
    readonly connectorId?: number
    readonly evseId?: number
    readonly evse?: { readonly id: number }
    readonly transactionInfo?: { readonly transactionId: string }
  }
  const newest = told.meterValue?.at(-1)
  if (newest === undefined) return
  const evse = told.evse?.id ?? told.evseId ?? told.connectorId ?? evseOf.get(told.transactionInfo?.transactionId ?? '') ?? null
  if (evse === null || evse < 1) return
  const values = newest.sampledValue.flatMap(({ measurand, phase, value, location }) => {
    // Between two conductors it is another voltage.
    const isOurs =
      measurand === 'Voltage' && (phase === undefined || !phase.includes('-L')) && (location ?? 'Outlet') === 'Outlet'
    const number = isOurs ? Number(value) : Number.NaN
    return number >= LOWEST && number <= HIGHEST ? [number] : []
  })
  if (values.length > 0) keepVolts(volts, evse, Math.max(...values), passed)
}
