// The voltage at an EVSE, from whatever meter values come by: orders in amperes depend on it.
import type { MeterValue } from '../meter-values.ts'

const [LOWEST, HIGHEST] = [90, 1_500]

/** Whether the newest sample of a message holds a voltage: most hold none. */
export function tellsVolts(payload: object): boolean {
  const newest = (payload as { readonly meterValue?: readonly MeterValue[] }).meterValue?.at(-1)
  return newest?.sampledValue.some(({ measurand }) => measurand === 'Voltage') ?? false
}

/** Keeps the highest voltage of the newest sample of a message; other messages tell nothing. */
export function noteVolts(
  { volts, evseOf }: { readonly volts: Map<number, number>; readonly evseOf: ReadonlyMap<string, number> },
  payload: object,
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
  if (values.length > 0) volts.set(evse, Math.max(...values))
}
