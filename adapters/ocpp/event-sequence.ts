// The numbers stations give the events of a transaction: which came, and which never did (E01, E02, E06).

/** What has come of one transaction. */
export interface EventSequence {
  readonly highest: number
  /** Numbers below it that have not come, as far as there is room for them. */
  readonly missed: ReadonlySet<number>
}

/** More holes than a station could fill again from its queue. */
const MISSED_MAX = 1_000
/** Of one station; the oldest go. */
const SEQUENCES_MAX = 100

/** Takes an event into what has come; what came before the first one heard is not asked for. Events may come twice and in any order. */
export function noteSequence(sequences: Map<string, EventSequence>, transaction: string, number: number): void {
  const known = sequences.get(transaction)
  sequences.delete(transaction)
  sequences.set(transaction, known === undefined ? { highest: number, missed: new Set() } : withNumber(known, number))
  if (sequences.size > SEQUENCES_MAX) sequences.delete(sequences.keys().next().value!)
}

function withNumber({ highest, missed }: EventSequence, number: number): EventSequence {
  const left = new Set(missed)
  if (!left.delete(number)) for (let i = highest + 1; i < number && left.size < MISSED_MAX; i++) left.add(i)
  return { highest: Math.max(highest, number), missed: left }
}
