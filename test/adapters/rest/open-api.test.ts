// The OpenAPI document: checked in, never stale, and nothing is served that it does not name.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Router } from 'express'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../../adapters/rest/open-api.ts'
import { DESCRIPTIONS, expressPath, restRouter } from '../../../adapters/rest/router.ts'
import { allRoutes } from '../../../adapters/rest/routes.ts'
import { labAuthentication } from '../../../adapters/wire/authentication.ts'
import { fixtureFleet } from '../web/fixture-fleet.ts'

const file = resolve(import.meta.dirname, '../../../docs/api/openapi.json')
type Operation = { operationId: string; security: unknown[]; responses: Record<string, unknown> }
const document = openApiDocument() as { openapi: string; paths: Record<string, Record<string, Operation>> }

describe('OpenAPI', () => {
  it('is the document in docs/api/openapi.json; to renew it: gegenstrom openapi > docs/api/openapi.json', () => {
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(document)
  })

  it('is 3.1, with one name for each operation and references that lead somewhere', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    expect(document.openapi).toBe('3.1.0')
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      (match) => match[1]!,
    )
    const known = Object.keys((document as unknown as { components: { schemas: object } }).components.schemas)
    expect(references.length).toBeGreaterThan(50)
    expect(references.filter((name) => !known.includes(name))).toEqual([])
  })

  it('S7: nothing is served beside the listed routes, and each of them says who may use it', () => {
    const { answers: ports } = fixtureFleet({ stations: 1 })
    const router: Router = restRouter({ ports, authenticate: labAuthentication() })
    const served = new Set(router.stack.map(({ route }) => route?.path))
    const listed = new Set([...allRoutes(ports).map(({ path }) => expressPath(path)), ...DESCRIPTIONS])
    expect([...served].filter((path) => path === undefined || !listed.has(path))).toEqual([])
    expect(allRoutes(ports).filter(({ access }) => access !== 'public' && access.length === 0)).toEqual([])
    expect(allRoutes(ports).filter(({ access, path }) => access === 'public' && path.startsWith('/v1/'))).toEqual([])
  })
})
