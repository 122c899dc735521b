// The kinds of values a frozen state is made of: one byte in front of each.

export const KIND = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  /** Whole number: its zigzag in groups of seven bits. */
  whole: 4,
  /** Any other number: 8 bytes, little-endian. */
  number: 5,
  /** Text that was not there before: bytes of UTF-8. It gets the next number. */
  text: 6,
  /** Text by its number. */
  textAgain: 7,
  array: 8,
  /** Array of numbers only. */
  numbers: 9,
  map: 10,
  set: 11,
  /** Object with keys that were not together before: they get the next number. */
  object: 12,
  /** Object with keys by their number. */
  objectAgain: 13,
  typedArray: 14,
  /** Array, map, set, object or typed array that stands before, by its number: it is the same one, not an equal one. */
  again: 15,
  /** Map from whole numbers to objects of the same keys that hold numbers only: a column for the keys and one for each field. */
  table: 16,
} as const

/** Typed arrays by their number. */
export const TYPED_ARRAYS = [
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  BigInt64Array,
  BigUint64Array,
] as const

/** Columns of numbers: whole ones as differences from the one before, or 8 bytes each. */
export const COLUMN = { differences: 0, doubles: 1, constant: 2 } as const
