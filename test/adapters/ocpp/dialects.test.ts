// The tables of the versions: what is served exists, and nobody waits in a table for a message that cannot come.
import { describe, expect, it } from 'vitest'
import { DIALECT_TABLES } from '../../../adapters/ocpp/dialects/dialects.ts'
import { DIALECTS } from '../../../adapters/ocpp/rpc/frame.ts'
import { knowsAction } from '../../../adapters/ocpp/rpc/schema.ts'

describe.each(DIALECTS)('the table of %s', (dialect) => {
  it('serves actions of this version only', () => {
    expect([...DIALECT_TABLES[dialect].inbound.keys()].filter((action) => !knowsAction(dialect, action))).toEqual([])
  })
})
