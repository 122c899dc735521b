// Damage to frames of the wire, the same for ever from a seed.

/** xorshift32: the same sequence for ever. */
export function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const PIECES = [
  '[]',
  '{}',
  '[[',
  ']]',
  '{"',
  '"}',
  'null',
  '-1',
  '1e999',
  '99999999999999999999',
  '"',
  '\\u0000',
  '__proto__',
  'true',
  ',',
  ':',
  '300',
]

/** One to four damages: a bit, a byte, a piece put in, a stretch left out or told twice. */
export function damaged(frame: Buffer, roll: (below: number) => number): Buffer {
  let bytes = Buffer.from(frame)
  for (let count = 1 + roll(4); count > 0; count -= 1) {
    // The type byte stays, so that it is the message that is damaged.
    const at = 1 + roll(bytes.length - 1)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    const stretch = after.subarray(0, 1 + roll(24))
    const kind = roll(5)
    if (kind === 0) bytes[at] = bytes[at]! ^ (1 << roll(8))
    else if (kind === 1) bytes[at] = roll(256)
    else if (kind === 2) bytes = Buffer.concat([before, Buffer.from(PIECES[roll(PIECES.length)]!), after])
    else if (kind === 3 && bytes.length > 40) bytes = Buffer.concat([before, after.subarray(stretch.length)])
    else bytes = Buffer.concat([before, stretch, after])
  }
  return bytes
}
