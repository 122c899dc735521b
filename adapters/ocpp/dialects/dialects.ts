// The versions that are spoken.
import type { DialectTable } from '../dialect-table.ts'
import type { Dialect } from '../rpc/frame.ts'
import { v16 } from './v16.ts'
import { v201 } from './v201.ts'
import { v21 } from './v21.ts'

/** By the sub-protocol that was agreed. */
export const DIALECT_TABLES: Readonly<Record<Dialect, DialectTable>> = { 'ocpp1.6': v16, 'ocpp2.0.1': v201, 'ocpp2.1': v21 }
