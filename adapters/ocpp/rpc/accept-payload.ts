// Whether a payload can be used: as it stands, which costs one validation, or mended.
import type { OddityKind } from '../../../domain/registry/station-oddity.ts'
import { refused, ok, type Result } from '../../../domain/result.ts'
import type { Dialect } from './frame.ts'
import { mendPayload } from './mend-payload.ts'
import { schemaFault, type Direction, type SchemaFault } from './schema.ts'

/** How far the peer's messages may be from what their schemas ask; without it not at all. */
export interface Lenience {
  /** Cuts a free text without leaving half of something that must not be shown. */
  readonly shorten: (text: string, charactersMax: number) => string
  /** Told once a message and kind. */
  readonly onOddity: (kind: OddityKind, where: string) => void
}

/** The payload to use, or what is wrong with it. The action must be known. */
export function acceptPayload(
  dialect: Dialect,
  action: string,
  direction: Direction,
  payload: object,
  lenience: Lenience | undefined,
): Result<object, SchemaFault> {
  const fault = schemaFault(dialect, action, direction, payload)
  if (fault === null) return ok(payload)
  if (lenience === undefined) return refused(fault)
  const mended = mendPayload(payload, { dialect, action, direction, shorten: lenience.shorten })
  if (!mended.ok) return mended
  for (const [kind, place] of mended.value.oddities) lenience.onOddity(kind, `${action} ${place}`.trimEnd())
  return ok(mended.value.payload)
}
