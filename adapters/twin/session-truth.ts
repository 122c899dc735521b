// What each transaction truly moved, by the twin's own meter and whatever its station tells: the measure for what a backend books.
import type { ChargePoint } from './charge-point.ts'
import type { Transaction } from './session-message.ts'

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
}
export interface SessionLedger {
  /** To be called when the point has begun a transaction. */
  begin(transaction: Transaction): void
  /** To be called when it has ended. */
  end(): void
  list(): readonly SessionTruth[]
}

/** Keeps account of the transactions of a station. */
export function sessionLedger(station: string, point: ChargePoint, now: () => number): SessionLedger {
  interface Entry {
    readonly transaction: Transaction
    readonly atBegin: Registers
    atEnd: (Registers & { readonly at: number }) | null
  }
  interface Registers {
    readonly importedWh: number
    readonly exportedWh: number
  }
  const entries: Entry[] = []
  return {
    begin: (transaction) => void entries.push({ transaction, atBegin: point.truth(now()), atEnd: null }),
    end() {
      const last = entries.at(-1)
      if (last?.atEnd === null) last.atEnd = { ...point.truth(now()), at: now() }
    },
    list: () =>
      entries.map(({ transaction, atBegin, atEnd }) => {
        const { importedWh, exportedWh } = atEnd ?? point.truth(now())
        return {
          station,
          transaction: transaction.id,
          startedAt: transaction.startedAt,
          endedAt: atEnd?.at ?? null,
          importedWh: importedWh - atBegin.importedWh,
          exportedWh: exportedWh - atBegin.exportedWh,
        }
      }),
  }
}
