// The HTTP API: every route of the list, the OpenAPI document, and a page that lists both for people.
import { randomBytes } from 'node:crypto'
import express, { type Router } from 'express'
import type { Authenticate } from '../wire/authentication.ts'
import { problem } from '../wire/problem.ts'
import { docsPage, DOCS_STYLE } from './docs-page.ts'
import { openApiDocument } from './open-api.ts'
import { sealedCursors } from './paging.ts'
import type { RestPorts } from './ports.ts'
import { serveRoute, type Act } from './route.ts'
import { allRoutes } from './routes.ts'

export interface RestOptions {
  readonly ports: RestPorts
  readonly authenticate: Authenticate
  /** Told of every change that somebody asked for. */
  readonly onAct?: (act: Act) => void
  /** Seals cursors; left out, one is drawn, and cursors end with the process. */
  readonly cursorKey?: Uint8Array
}

/** The router of the API; hang it into an app that parses JSON bodies and answers problems. */
export function restRouter({ ports, authenticate, cursorKey = randomBytes(32), onAct }: RestOptions): Router {
  const router = express.Router({ strict: true, caseSensitive: true })
  const cursors = sealedCursors(cursorKey)
  const methods = new Map<string, string[]>()
  for (const one of allRoutes(ports)) {
    const path = expressPath(one.path)
    router[one.method](path, serveRoute(one, authenticate, cursors, onAct))
    methods.set(path, [...(methods.get(path) ?? []), ...(one.method === 'get' ? ['GET', 'HEAD'] : [one.method.toUpperCase()])])
  }
  // Made when first asked for: it takes a while, and most processes are never asked.
  let document: object | null = null
  const described = () => (document ??= openApiDocument())
  let page: string | null = null
  router.get('/v1/openapi.json', (_, response) => void response.set('Cache-Control', 'no-cache').json(described()))
  router.get(
    '/v1/docs',
    (_, response) =>
      void response
        .set('Cache-Control', 'no-cache')
        .type('html')
        .send((page ??= docsPage(described()))),
  )
  router.get('/v1/docs.css', (_, response) => void response.set('Cache-Control', 'no-cache').type('css').send(DOCS_STYLE))
  for (const [path, allowed] of methods)
    router.all(path, (request) => {
      throw problem('method-not-allowed', `${request.method} is not offered here`, { headers: { Allow: allowed.join(', ') } })
    })
  return router
}

/** Paths that are served without being in the list of routes: they describe it and hold nothing else. @internal */
export const DESCRIPTIONS: readonly string[] = ['/v1/openapi.json', '/v1/docs', '/v1/docs.css']

/** `/a/{b}` as express writes it. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
