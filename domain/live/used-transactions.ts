// What stations have called their transactions so far, in a bounded space: enough to say of a name that it is new, and never to say so wrongly.

/** The highest number behind each head, by head; -1 where there was none. */
export type UsedTransactions = ReadonlyMap<string, number>

export const NONE_USED: UsedTransactions = new Map()

/** Stations have one or two ways of calling them; of one that has more, the rest counts as used. */
const HEADS_MAX = 16
const UNIQUE_CHARACTERS = 32
/** All numbers up to here are told apart. */
const NUMBER_DIGITS_MAX = 15

/** Whether a transaction id may have been used by its station before. */
export function mayBeUsed(used: UsedTransactions, transaction: string): boolean {
  if (isUnique(transaction)) return false
  const [head, number] = parted(transaction)
  const highest = used.get(head)
  return highest === undefined ? used.size >= HEADS_MAX : number <= highest
}

/** Remembers that an id is used, as far as there is room. */
export function withUsed(used: UsedTransactions, transaction: string): UsedTransactions {
  if (isUnique(transaction)) return used
  const [head, number] = parted(transaction)
  const highest = used.get(head)
  if (highest === undefined ? used.size >= HEADS_MAX : number <= highest) return used
  return new Map(used).set(head, number)
}

/** As long as a UUID, and no mere number filled up with zeros. */
function isUnique(transaction: string): boolean {
  return transaction.length >= UNIQUE_CHARACTERS && !/\d{16}$/.test(transaction)
}

function parted(transaction: string): readonly [head: string, number: number] {
  const digits = /\d*$/.exec(transaction)![0].slice(-NUMBER_DIGITS_MAX)
  return [transaction.slice(0, transaction.length - digits.length), digits === '' ? -1 : Number(digits)]
}
