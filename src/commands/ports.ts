// `gegenstrom ports`: what is listened on, and what is talked to.
import type { Command } from 'commander'
import { usageExit, type CommandIo } from './exit.ts'
import { configOrExit } from './serve.ts'

/** Where price services live when no other address is set. */
const SERVICES: Record<string, string> = {
  entsoe: 'web-api.tp.entsoe.eu:443',
  awattar: 'api.awattar.de:443',
  'energy-charts': 'api.energy-charts.info:443',
}

/** Adds the command to a program. */
export function portsCommand(program: Command, io: CommandIo): void {
  program
    .command('ports')
    .description('listeners and outgoing connections of this configuration')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  $ gegenstrom ports --json\n')
    .exitOverride(usageExit)
    .action(({ json }: { json: boolean }) => {
      const config = configOrExit()
      const listens = [
        {
          host: config.HTTP_HOST,
          port: config.httpPort,
          protocol: config.lab ? 'HTTP and WebSocket in clear, loopback only' : 'HTTPS and WSS',
          serves: '/ /v1 /ocpp /healthz /readyz /metrics',
        },
        ...(config.CONTROL_API_PORT === undefined
          ? []
          : [
              {
                host: config.HTTP_HOST,
                port: config.CONTROL_API_PORT,
                protocol: 'HTTPS with client certificates',
                serves: '/[Post]/steuerbefehl',
              },
            ]),
        ...(config.EEBUS_PORT === undefined
          ? []
          : [
              {
                host: config.EEBUS_HOST ?? config.HTTP_HOST,
                port: config.EEBUS_PORT,
                protocol: 'SHIP: WSS, both ends with a certificate',
                serves: '/ship/',
              },
            ]),
        ...(config.CLS_PORT === undefined
          ? []
          : [
              {
                host: config.HTTP_HOST,
                port: config.CLS_PORT,
                protocol: 'TLS 1.2 with client certificates',
                serves: 'CLS channels',
              },
            ]),
      ]
      const connects = [
        ...(config.MQTT_URL === undefined || (config.MQTT_SIGNALS_SENDERS ?? config.MQTT_HEMS_TOPIC) === undefined
          ? []
          : [{ to: hostOf(config.MQTT_URL, config.MQTT_URL.startsWith('mqtts:') ? '8883' : '1883'), for: 'MQTT' }]),
        ...(config.DATABASE_URL === undefined ? [] : [{ to: hostOf(config.DATABASE_URL, '5432'), for: 'PostgreSQL' }]),
        ...(config.PRICE_SOURCE === 'none' || config.PRICE_SOURCE === 'file'
          ? []
          : [
              {
                to: config.PRICE_URL === undefined ? SERVICES[config.PRICE_SOURCE]! : hostOf(config.PRICE_URL, '443'),
                for: 'day-ahead prices',
              },
            ]),
      ]
      io.stdout(
        json
          ? `${JSON.stringify({ listens, connects }, null, 2)}\n`
          : [
              ...listens.map((one) => `listens   ${one.host}:${one.port}  ${one.protocol}  ${one.serves}`),
              ...connects.map((one) => `connects  ${one.to}  ${one.for}`),
              '',
            ].join('\n'),
      )
    })
}

function hostOf(url: string, port: string): string {
  const { hostname, port: own } = new URL(url)
  return `${hostname}:${own === '' ? port : own}`
}
