// Quality of what is reported: each flag says what is wrong with a value; none of them, and it is good.

export const QUALITY = {
  good: 0,
  /** OV: beyond what the type can tell. */
  overflow: 0x01,
  /** BL: held back on purpose. */
  blocked: 0x10,
  /** SB: not from its usual source. */
  substituted: 0x20,
  /** NT: not from now. */
  notTopical: 0x40,
  /** IV: says nothing. */
  invalid: 0x80,
} as const

const NAMES = [
  ['IV', QUALITY.invalid],
  ['NT', QUALITY.notTopical],
  ['SB', QUALITY.substituted],
  ['BL', QUALITY.blocked],
  ['OV', QUALITY.overflow],
] as const

/** The flags of a quality by their names in the standard. */
export function qualityNames(quality: number): readonly string[] {
  return NAMES.flatMap(([name, flag]) => ((quality & flag) === 0 ? [] : [name]))
}
