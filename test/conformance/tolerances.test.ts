// The page of tolerances is never stale, and every line of the table can be tried.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { DIALECTS } from '../../adapters/ocpp/rpc/frame.ts'
import { knowsAction } from '../../adapters/ocpp/rpc/schema.ts'
import { TOLERANCES } from '../../adapters/ocpp/rpc/tolerance-table.ts'
import { ODDITY_KINDS } from '../../domain/registry/station-oddity.ts'
import { TOLERANCES_FILE, tolerancesPage } from './tolerances.ts'

it('stands on the page as it is; to renew it: npm run conformance', () => {
  expect(readFileSync(join(resolve(import.meta.dirname, '../..'), TOLERANCES_FILE), 'utf8')).toBe(tolerancesPage())
})

it('names actions there are, and in each of its versions one at least', () => {
  for (const { versions, actions, accepts } of TOLERANCES) {
    if (typeof actions === 'string') continue
    for (const action of actions)
      expect(
        DIALECTS.some((dialect) => knowsAction(dialect, action)),
        action,
      ).toBe(true)
    for (const dialect of versions)
      expect(
        actions.some((action) => knowsAction(dialect, action)),
        accepts,
      ).toBe(true)
  }
})

it('counts as every kind there is', () => {
  expect([...new Set(TOLERANCES.map(({ kind }) => kind))].sort()).toEqual([...ODDITY_KINDS].sort())
})
