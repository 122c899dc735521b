// For whoever keeps the process running: is it alive, may it get traffic, what are its counters.
import { Counter, Gauge, Registry } from 'prom-client'
import { z } from 'zod'
import type { RestPorts } from './ports.ts'
import { OPERATORS, route, type Route } from './route.ts'

const readiness = z
  .strictObject({ ready: z.boolean(), degraded: z.array(z.string()) })
  .meta({ id: 'Readiness', description: 'Ready may still be degraded: the list names what is missing' })

/** Liveness, readiness and metrics. */
export function healthRoutes(ports: Pick<RestPorts, 'health'>): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      access: 'public',
      tag: 'Operation',
      summary: 'The process is alive',
      description:
        'Stays 200 while something is missing, for a restart would not bring it back; `degraded` names it. `journal`: nothing can be recorded at the moment, so nothing is acknowledged or ordered; it goes on by itself when the disk takes it again.',
      answerSchema: z
        .strictObject({ alive: z.literal(true), degraded: z.array(z.string()) })
        .meta({ id: 'Liveness', description: 'Alive may still be degraded: the list names what is missing' }),
      handle: () => ({ body: { alive: true, degraded: [...ports.health.health().degraded] } }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      access: 'public',
      tag: 'Operation',
      summary: 'The process may get traffic; 503 when not',
      description:
        '`?role=api` asks whether changes over this API are accepted; stations and signals are served without the database.',
      querySchema: z.strictObject({ role: z.enum(['api']).optional() }),
      answerSchema: readiness,
      answerStatuses: [200, 503],
      handle({ query }) {
        const { ready, degraded, apiWritable } = ports.health.health()
        const serves = query.role === 'api' ? ready && apiWritable : ready
        return {
          status: serves ? 200 : 503,
          body: { ready: serves, degraded: [...degraded] },
          ...(serves ? {} : { headers: { 'Retry-After': '5' } }),
        }
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      access: OPERATORS,
      tag: 'Operation',
      summary: 'Counters and gauges in the text format of Prometheus',
      answerSchema: null,
      answerType: Registry.PROMETHEUS_CONTENT_TYPE,
      handle: async ({ asker }) => ({
        body: await metricsText(await ports.health.metrics(asker)),
        type: Registry.PROMETHEUS_CONTENT_TYPE,
      }),
    }),
  ]
}

/** Figures of the whole process only: a label per station would make a series per station (S18). */
async function metricsText(figures: Readonly<Record<string, number>>): Promise<string> {
  const registry = new Registry()
  for (const [figure, value] of Object.entries(figures)) {
    const about = { name: figure.replaceAll(/[^a-zA-Z0-9_:]/g, '_'), help: figure.replaceAll('_', ' '), registers: [registry] }
    if (figure.endsWith('_total') && value >= 0) new Counter(about).inc(value)
    else new Gauge(about).set(value)
  }
  return registry.metrics()
}
