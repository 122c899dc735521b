// What each transaction truly moved, by the twin's own meter and whatever its station tells: the measure for what a backend books.
import type { ChargePoint } from './charge-point.ts'
import type { Message, Transaction } from './session-message.ts'

/** Registers of one transaction, from its begin to its end or to now. */
export interface SessionTruth {
  readonly station: string
  /** Id on the wire; null in 1.6 as long as nobody has numbered it. */
  readonly transaction: string | null
  /** True instants, epoch ms. */
  readonly startedAt: number
  readonly endedAt: number | null
  readonly importedWh: number
  readonly exportedWh: number
  /** What of it no message of the station tells, so that nobody can book it. */
  readonly untold: readonly Untold[]
}
/**
 * `unmetered`: the station tells no energy at all. `begin-lost`: what flowed before the first register it told, with no earlier one to tell it from.
 * `pending`: what has flowed since the last register it told rightly: it goes on, or what tells the rest still waits.
 */
export interface Untold {
  readonly reason: 'unmetered' | 'begin-lost' | 'pending'
  readonly importedWh: number
  readonly exportedWh: number
}
export interface SessionLedger {
  /** To be called when the point has begun a transaction. */
  begin(transaction: Transaction): void
  /** To be called with every message that was answered, as it was after all habits. */
  told(message: Message): void
  /** To be called when it has ended. */
  end(): void
  list(): readonly SessionTruth[]
}

interface Registers {
  readonly importedWh: number
  readonly exportedWh: number
}
interface Entry {
  readonly transaction: Transaction
  readonly atBegin: Registers
  /** No register was told before it. */
  readonly isFirst: boolean
  atFirstTold: Registers | null
  atLastTold: Registers | null
  atEnd: (Registers & { readonly at: number }) | null
}

/** Less is what registers in whole watt-hours leave out. */
const ROUNDING_WH = 1

/** Keeps account of the transactions of a station. */
export function sessionLedger(
  { station, isUnmetered }: { readonly station: string; readonly isUnmetered: boolean },
  point: ChargePoint,
  now: () => number,
): SessionLedger {
  const entries: Entry[] = []
  let isAnyTold = false
  return {
    begin(transaction) {
      entries.push({
        transaction,
        atBegin: point.truth(now()),
        isFirst: !isAnyTold,
        atFirstTold: null,
        atLastTold: null,
        atEnd: null,
      })
    },
    told(message) {
      if (message.session === undefined || message.isMistaken === true || isUnmetered || !tellsRegister(message.payload())) return
      const { transaction, sample } = message.session
      isAnyTold = true
      const entry = entries.find((one) => one.transaction === transaction)
      if (entry === undefined) return
      entry.atFirstTold ??= sample
      entry.atLastTold = sample
    },
    end() {
      const last = entries.at(-1)
      if (last?.atEnd === null) last.atEnd = { ...point.truth(now()), at: now() }
    },
    list: () =>
      entries.map((entry, i) => {
        const { transaction, atBegin, atEnd } = entry
        const atLast = atEnd ?? point.truth(now())
        const moved = between(atBegin, atLast)
        return {
          station,
          transaction: transaction.id,
          startedAt: transaction.startedAt,
          endedAt: atEnd?.at ?? null,
          ...moved,
          untold: isUnmetered
            ? [{ reason: 'unmetered', ...moved }]
            : [...beforeFirst(entry, moved), ...sinceLast(entry, atLast, isTold(entries.slice(i + 1)))],
        }
      }),
  }
}

function beforeFirst({ atBegin, atFirstTold, isFirst }: Entry, moved: Registers): readonly Untold[] {
  if (!isFirst) return []
  return untoldAs('begin-lost', atFirstTold === null ? moved : between(atBegin, atFirstTold))
}
/** A register of a later transaction tells what it had come to before. */
function sinceLast({ atBegin, atLastTold, isFirst }: Entry, atLast: Registers, isLaterTold: boolean): readonly Untold[] {
  if (isLaterTold || (isFirst && atLastTold === null)) return []
  return untoldAs('pending', between(atLastTold ?? atBegin, atLast))
}
function isTold(entries: readonly Entry[]): boolean {
  return entries.some(({ atLastTold }) => atLastTold !== null)
}
function untoldAs(reason: Untold['reason'], energy: Registers): readonly Untold[] {
  const isRounding = energy.importedWh < ROUNDING_WH && energy.exportedWh < ROUNDING_WH
  return isRounding ? [] : [{ reason, ...energy }]
}

function between(from: Registers, to: Registers): Registers {
  return { importedWh: to.importedWh - from.importedWh, exportedWh: to.exportedWh - from.exportedWh }
}

function tellsRegister(payload: object): boolean {
  return 'meterValue' in payload || 'meterStart' in payload || 'meterStop' in payload
}
