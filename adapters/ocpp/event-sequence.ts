// The numbers stations give the events of a transaction: which came, and which never did (E01, E02, E06).

/** What has come of one transaction. */
export interface EventSequence {
  highest: number
  /** Numbers below it that have not come, as far as there is room for them. */
  readonly missed: Set<number>
}

/** More holes than a station could fill again from its queue. */
const MISSED_MAX = 1_000
/** Of one station; those first heard of go first. */
const SEQUENCES_MAX = 100

/** Takes an event into what has come; what came before the first one heard is not asked for. Events may come twice and in any order. */
export function noteSequence(sequences: Map<string, EventSequence>, transaction: string, number: number): void {
  const known = sequences.get(transaction)
  if (known === undefined) {
    sequences.set(transaction, { highest: number, missed: new Set() })
    if (sequences.size > SEQUENCES_MAX) sequences.delete(sequences.keys().next().value!)
    return
  }
  const { missed } = known
  if (!missed.delete(number)) for (let i = known.highest + 1; i < number && missed.size < MISSED_MAX; i++) missed.add(i)
  known.highest = Math.max(known.highest, number)
}
