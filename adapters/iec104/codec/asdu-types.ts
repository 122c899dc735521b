// The ASDU types that are spoken here, by number: what one information object of each is made of.

/** What an information object holds behind its address. */
export type Content =
  | 'single'
  | 'double'
  | 'normalised'
  | 'scaled'
  | 'float'
  | 'total'
  | 'single-command'
  | 'double-command'
  | 'set-normalised'
  | 'set-scaled'
  | 'set-float'
  | 'initialised'
  | 'interrogation'
  | 'nothing'
  | 'clock'
  | 'test'
export interface AsduType {
  readonly name: string
  readonly content: Content
  /** Whether a CP56Time2a follows. */
  readonly isTagged: boolean
  /** Octets of an object without its address. */
  readonly bytes: number
  /** Whether it says something (monitoring) or wants something (control). */
  readonly direction: 'monitoring' | 'control'
}

const BYTES: Readonly<Record<Content, number>> = {
  single: 1,
  double: 1,
  normalised: 3,
  scaled: 3,
  float: 5,
  total: 5,
  'single-command': 1,
  'double-command': 1,
  'set-normalised': 3,
  'set-scaled': 3,
  'set-float': 5,
  initialised: 1,
  interrogation: 1,
  nothing: 0,
  clock: 0,
  test: 2,
}
const TIME_BYTES = 7
const CONTROL_FROM = 45

/** Numbers of the standard by name. */
export const TYPES = {
  M_SP_NA_1: 1,
  M_DP_NA_1: 3,
  M_ME_NA_1: 9,
  M_ME_NB_1: 11,
  M_ME_NC_1: 13,
  M_IT_NA_1: 15,
  M_SP_TB_1: 30,
  M_DP_TB_1: 31,
  M_ME_TD_1: 34,
  M_ME_TE_1: 35,
  M_ME_TF_1: 36,
  M_IT_TB_1: 37,
  C_SC_NA_1: 45,
  C_DC_NA_1: 46,
  C_SE_NA_1: 48,
  C_SE_NB_1: 49,
  C_SE_NC_1: 50,
  C_SC_TA_1: 58,
  C_DC_TA_1: 59,
  C_SE_TA_1: 61,
  C_SE_TB_1: 62,
  C_SE_TC_1: 63,
  M_EI_NA_1: 70,
  C_IC_NA_1: 100,
  C_RD_NA_1: 102,
  C_CS_NA_1: 103,
  C_TS_TA_1: 107,
} as const
export type TypeName = keyof typeof TYPES

const CONTENTS: Readonly<Record<TypeName, readonly [Content, boolean]>> = {
  M_SP_NA_1: ['single', false],
  M_DP_NA_1: ['double', false],
  M_ME_NA_1: ['normalised', false],
  M_ME_NB_1: ['scaled', false],
  M_ME_NC_1: ['float', false],
  M_IT_NA_1: ['total', false],
  M_SP_TB_1: ['single', true],
  M_DP_TB_1: ['double', true],
  M_ME_TD_1: ['normalised', true],
  M_ME_TE_1: ['scaled', true],
  M_ME_TF_1: ['float', true],
  M_IT_TB_1: ['total', true],
  C_SC_NA_1: ['single-command', false],
  C_DC_NA_1: ['double-command', false],
  C_SE_NA_1: ['set-normalised', false],
  C_SE_NB_1: ['set-scaled', false],
  C_SE_NC_1: ['set-float', false],
  C_SC_TA_1: ['single-command', true],
  C_DC_TA_1: ['double-command', true],
  C_SE_TA_1: ['set-normalised', true],
  C_SE_TB_1: ['set-scaled', true],
  C_SE_TC_1: ['set-float', true],
  M_EI_NA_1: ['initialised', false],
  C_IC_NA_1: ['interrogation', false],
  C_RD_NA_1: ['nothing', false],
  C_CS_NA_1: ['clock', true],
  C_TS_TA_1: ['test', true],
}

const BY_NUMBER: readonly (AsduType | undefined)[] = table()

/** A type by its number; undefined for one that is not spoken here. */
export function asduType(number: number): AsduType | undefined {
  return BY_NUMBER[number]
}

function table(): readonly (AsduType | undefined)[] {
  const types = Array.from({ length: 256 }, (): AsduType | undefined => undefined)
  for (const [name, number] of Object.entries(TYPES)) {
    const [content, isTagged] = CONTENTS[name as TypeName]
    const direction = number < CONTROL_FROM || number === TYPES.M_EI_NA_1 ? 'monitoring' : 'control'
    types[number] = { name, content, isTagged, bytes: BYTES[content] + (isTagged ? TIME_BYTES : 0), direction }
  }
  return types
}
