// The whole HTTP side over the fixture fleet, as the application puts it together: API, live stream, page.
import { httpApp } from '../../../adapters/wire/http-server.ts'
import { labAuthentication, type Authenticate } from '../../../adapters/wire/authentication.ts'
import { closeListener, httpServer, listen } from '../../../adapters/wire/listener.ts'
import { restRouter } from '../../../adapters/rest/router.ts'
import { LIVE_PATH, liveStream } from '../../../adapters/web/live-stream.ts'
import { webRouter } from '../../../adapters/web/web-router.ts'
import type { FixtureAnswers } from './fixture-fleet.ts'

export interface FixtureServer {
  readonly address: string
  /** Lets the live stream tell what changed, as it does once a second. */
  tick(): void
  close(): Promise<void>
}

/** Serves a fixture on loopback. `everyMs` 0 ticks only when asked to. */
export async function serveFixture(
  answers: FixtureAnswers,
  folder: string,
  options: { everyMs?: number; port?: number; authenticate?: Authenticate } = {},
): Promise<FixtureServer> {
  const lab = options.authenticate === undefined
  const authenticate = options.authenticate ?? labAuthentication()
  let tick = () => {}
  const stream = liveStream({
    ports: answers,
    authenticate,
    onError(error) {
      throw error
    },
    every(_, run) {
      tick = run
      const timer = options.everyMs === undefined || options.everyMs === 0 ? undefined : setInterval(run, options.everyMs)
      return () => clearInterval(timer)
    },
  })
  const app = httpApp({
    routers: [restRouter({ ports: answers, authenticate }), webRouter({ folder })],
    lab,
    requestsPerMinuteMax: 100_000,
  })
  const server = httpServer(app, { tls: null, upgrades: [{ prefix: LIVE_PATH, handle: stream.handleUpgrade }] })
  const { port } = await listen(server, '127.0.0.1', options.port ?? 0)
  return {
    address: `http://127.0.0.1:${port}`,
    tick: () => tick(),
    async close() {
      stream.close()
      await closeListener(server, 0)
    },
  }
}
