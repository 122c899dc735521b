// The only place that reads the environment. Everything is checked at once, and every complaint says what to do.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { refused, ok, type Result } from '../domain/result.ts'

const port = z.coerce.number().int().min(1).max(65_535)
const text = z.string().trim().min(1)
const centsPerKWh = z.coerce.number().min(0).max(100)

/** Variables by name. `NAME_FILE` names a file that holds the value of `NAME`, for secrets. */
const schema = z.object({
  NODE_ENV: z
    .enum(['production', 'development', 'test'])
    .default('development')
    .describe('production refuses the embedded database'),
  GEGENSTROM_NODE: text
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens, at most 32')
    .default('node-1')
    .describe('name of this process in the journal'),
  GEGENSTROM_HOME: text.default('.gegenstrom').describe('folder of journal and embedded database'),
  GEGENSTROM_SECRET: z
    .string()
    .min(32, 'at least 32 characters; make one with: openssl rand -hex 32')
    .optional()
    .describe('pepper of all stored secrets; needed by serve'),
  JOURNAL_ARCHIVE: text.optional().describe('folder that old segments of the journal are moved to, see JOURNAL_KEEP_DAYS'),
  JOURNAL_KEEP_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe('segments of the journal older than this go to JOURNAL_ARCHIVE (default: all stay where they are)'),
  DATABASE_URL: text
    .regex(/^postgres(ql)?:\/\//, 'a PostgreSQL address such as postgres://user@host:5432/gegenstrom')
    .optional()
    .describe('PostgreSQL; without it an embedded database is used'),
  HTTP_HOST: text.default('127.0.0.1').describe('address to listen on'),
  HTTP_PORT: port.optional().describe('port of API, screens and OCPP (default 8443, in the lab 8180)'),
  HTTP_NAMES: text
    .transform((names) => names.split(',').map((one) => one.trim().toLowerCase()))
    .refine(
      (names) => names.every(isHostName),
      'names or addresses separated by commas, without scheme and port: csms.example,10.0.0.5',
    )
    .optional()
    .describe('host names this server answers for (default any; in the lab loopback names only)'),
  TRUST_PROXY: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('number of reverse proxies in front whose X-Forwarded-For counts for limits by address'),
  TLS_CERT_FILE: text.optional().describe('certificate chain, PEM; needed unless OCPP_ALLOW_INSECURE=lab'),
  TLS_KEY_FILE: text.optional().describe('private key, PEM'),
  SIGN_IN_FILE: text.optional().describe('identity provider people sign in at, and who of it is let in, as JSON'),
  ACCOUNTS_FILE: text.optional().describe('local accounts with passwords, as JSON; made with `gegenstrom account set`'),
  OCPP_ALLOW_INSECURE: z.enum(['lab']).optional().describe('lab: plain ws:// and no credentials, on loopback only'),
  REGISTRY_FILE: text
    .optional()
    .describe(
      'registry, station passwords and API keys as JSON; without it the registry of the journal counts, and nobody can sign in',
    ),
  PENDING_STATIONS: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(0)
    .describe('stations nobody knows that may wait, connected, until a person accepts them; 0 refuses them'),
  STRATEGY: z.enum(['immediate', 'smart', 'bidirectional']).default('bidirectional').describe('what plans may do'),
  WEAR_CT_PER_KWH: centsPerKWh.default(3).describe('battery wear per kWh of throughput'),
  TERMINAL_CT_PER_KWH: centsPerKWh.default(0).describe('value of energy left at departure beyond the target'),
  MISSING_CT_PER_KWH: centsPerKWh
    .default(60)
    .describe(
      'what a kWh is worth that is missing when a car leaves whose departure nobody told, unless its contract says otherwise',
    ),
  STABILITY_CT_PER_KWH: centsPerKWh
    .default(0)
    .describe('what a kWh of difference to the plan before counts, so that plans of nearly the same cost do not change'),
  FAIRNESS_CT_PER_KWH: centsPerKWh
    .default(0)
    .describe('what a kWh counts for cars that have given far more than others, so that the same ones do not always serve'),
  IMBALANCE_EUR_PER_MWH: z.coerce
    .number()
    .min(0)
    .max(10_000)
    .default(100)
    .describe('what a MWh off the sold position costs beyond the price of the day, either way'),
  GATE_MINUTES: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_440)
    .default(30)
    .describe('a quarter-hour of a schedule closes this many minutes before it begins'),
  RELEASE_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600)
    .default(60)
    .describe('after a limit on many connections ends, cars come again in steps over so many seconds; 0 for all at once'),
  PROOF_KEY_FILE: text
    .optional()
    .describe('Ed25519 key that proofs of limits are signed with, PEM (default: made once, in GEGENSTROM_HOME)'),
  PROOF_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .default(730)
    .describe('proofs of limits that are over are kept as files for so many days'),
  TRADE_LOT_KWH: z.coerce
    .number()
    .min(0.25)
    .max(1_000_000)
    .default(25)
    .describe('proposals to trade again come in whole lots of this energy; 25 kWh is 0.1 MW for a quarter-hour'),
  CONTROL_API_PORT: port.optional().describe('port of the control API of grid operators, mutual TLS only (default: not served)'),
  CONTROL_API_PARTNERS_FILE: text.optional().describe('market partners that may command, as JSON: id, name, fingerprints, url'),
  CONTROL_API_CERT_FILE: text.optional().describe('our certificate chain of the control API, both ways, PEM'),
  CONTROL_API_KEY_FILE: text.optional().describe('its private key, PEM'),
  CONTROL_API_CA_FILE: text
    .optional()
    .describe('authorities the certificates of partners are checked against, PEM (default: fingerprints alone for who calls us)'),
  EEBUS_PORT: port
    .optional()
    .describe('port of EEBUS (SHIP) for control boxes that limit sites, usually 4712 (default: not served)'),
  EEBUS_HOST: text.optional().describe('address that EEBUS is served on (default: HTTP_HOST)'),
  EEBUS_ANNOUNCE: z.enum(['yes', 'no']).default('no').describe('yes: the local network is told by mDNS that EEBUS is served'),
  IEC104_PORT: port
    .optional()
    .describe('port of IEC 60870-5-104 for control centres, usually 19998 over TLS (default: not served)'),
  IEC104_HOST: text.optional().describe('address that IEC 104 is served on (default: HTTP_HOST)'),
  IEC104_FILE: text.optional().describe('pools that control centres lead, and the centres, as JSON'),
  IEC104_CERT_FILE: text.optional().describe('our certificate of IEC 104, PEM'),
  IEC104_KEY_FILE: text.optional().describe('its private key, PEM'),
  IEC104_CA_FILE: text.optional().describe('authorities of control centres, PEM'),
  IEC104_CRL_FILE: text.optional().describe('what these authorities have revoked, PEM'),
  IEC104_PLAIN: z.enum(['lab']).optional().describe('lab: IEC 104 in clear, on loopback only'),
  CLS_PORT: port.optional().describe('port of CLS channels, mutual TLS on brainpoolP256r1 (default: not served)'),
  CLS_CHANNELS_FILE: text.optional().describe('CLS channels that may be opened, as JSON: id, site, fingerprints'),
  CLS_CERT_FILE: text.optional().describe('our certificate of CLS channels, on brainpoolP256r1, PEM'),
  CLS_KEY_FILE: text.optional().describe('its private key, PEM'),
  CLS_CA_FILE: text.optional().describe('authorities of the other ends of CLS channels, PEM'),
  CLS_MAX_IDLE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(900)
    .describe('a CLS channel over which nothing was heard for so long is closed; its limits go on'),
  MQTT_URL: text
    .regex(
      /^mqtts?:\/\/[^\s@]+$/,
      'an address such as mqtts://broker.example:8883; user and password have variables of their own',
    )
    .optional()
    .describe('MQTT broker for signals of grid operators and for energy managers'),
  MQTT_USERNAME: text.optional().describe('user at the MQTT broker'),
  MQTT_PASSWORD: text.optional().describe('password at the MQTT broker'),
  MQTT_CA_FILE: text.optional().describe('authorities the certificate of the MQTT broker is checked against, PEM'),
  MQTT_CERT_FILE: text.optional().describe('client certificate for the MQTT broker, PEM'),
  MQTT_KEY_FILE: text.optional().describe('its private key, PEM'),
  MQTT_SIGNALS_SENDERS: text
    .transform((names) => names.split(',').map((one) => one.trim()))
    .refine(
      (names) => names.length <= 1_000 && names.every((one) => /^[^\p{C}/+#@,]{1,64}(@[^\p{C}/+#@,]{1,64})?$/u.test(one)),
      'names of grid operators separated by commas, each with @TENANT behind it where it is confined to one',
    )
    .optional()
    .describe('grid operators that may send signals over MQTT, as they stand in their topics; opens that door'),
  MQTT_SIGNALS_TOPIC: text
    .regex(/^[^\s+#/]+(\/[^\s+#/]+)*$/, 'a topic without wildcards')
    .default('gegenstrom/v1/grid')
    .describe('topic under which the subtrees of grid operators lie'),
  MQTT_EEBUS_SITES: text
    .transform((names) => names.split(',').map((one) => one.trim()))
    .refine(
      (names) => names.length <= 1_000 && names.every((one) => /^[^\p{C},]{1,64}$/u.test(one)),
      'ids of sites separated by commas, or all',
    )
    .optional()
    .describe('sites whose energy managers are told the limits of the site by EEBUS over MQTT, or all; opens that door'),
  MQTT_EEBUS_TOPIC: text
    .regex(/^[^\s+#/]+(\/[^\s+#/]+)*$/, 'a topic without wildcards')
    .default('ta/v1')
    .describe('topic under which tenants and their sites lie'),
  MQTT_HEMS_TOPIC: text
    .regex(/^[^\s+#/]+(\/[^\s+#/]+)*$/, 'a topic without wildcards')
    .optional()
    .describe('topic such as ta/v1 under which the subtrees of energy managers lie; opens that door'),
  WEBHOOK_ALLOW_PRIVATE: z.enum(['lab']).optional().describe('lab: webhooks may reach private addresses and plain http'),
  METER_INTERVAL_SECONDS: z.coerce
    .number()
    .int()
    .min(5)
    .max(900)
    .default(60)
    .describe('seconds between readings that stations are set to while a car charges'),
  METER_MEASURANDS: text
    .transform((names) => names.split(',').map((one) => one.trim()))
    .refine(
      (names) => names.length <= 20 && names.every((one) => /^[A-Za-z][A-Za-z0-9.]{0,49}$/.test(one)),
      'names of measurands separated by commas: Energy.Active.Import.Register,Power.Active.Import,SoC',
    )
    .optional()
    .describe('what stations are set to read while a car charges (default: energy and power both ways, state of charge)'),
  READING_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe('readings sampled longer ago are dropped from the database (default: all are kept)'),
  PLANNER_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('threads that plan fleets (default: all cores but one)'),
  TARIFF_FILE: text.optional().describe('tariff components and fee regime as JSON; without it the spot price is the tariff'),
  PRICE_SOURCE: z
    .enum(['none', 'entsoe', 'awattar', 'energy-charts', 'file'])
    .default('none')
    .describe('where day-ahead prices come from; opt-in, nothing is fetched without it'),
  PRICE_URL: text.optional().describe('address of the price source, or the file'),
  ENTSOE_TOKEN: text.optional().describe('security token of the ENTSO-E transparency platform'),
  BIDDING_ZONE: text.default('DE-LU').describe('bidding zone of the prices'),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info').describe('what is logged'),
})

export type Environment = z.infer<typeof schema>
export type Config = Environment & { readonly lab: boolean; readonly httpPort: number }

/** Reads and checks the environment. The refusal lists one sentence per variable that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Result<Config, readonly string[]> {
  const problems: string[] = []
  const values: Record<string, string> = {}
  for (const name of Object.keys(schema.shape)) {
    const file = environment[`${name}_FILE`]
    const value = environment[name]
    if (value !== undefined && value !== '') values[name] = value
    else if (file !== undefined && file !== '' && !(`${name}_FILE` in schema.shape)) {
      try {
        values[name] = readFileSync(resolve(file), 'utf8').trim()
      } catch (error) {
        problems.push(`${name}_FILE: ${(error as Error).message}`)
      }
    }
  }
  const parsed = schema.safeParse(values)
  if (!parsed.success)
    problems.push(
      ...parsed.error.issues.map(
        (issue) =>
          `${issue.path.join('.')}: ${issue.message} (${schema.shape[issue.path[0] as keyof Environment]?.description ?? 'unknown'})`,
      ),
    )
  if (problems.length > 0 || !parsed.success) return refused(problems)
  const lab = parsed.data.OCPP_ALLOW_INSECURE === 'lab'
  return ok({ ...parsed.data, lab, httpPort: parsed.data.HTTP_PORT ?? (lab ? 8180 : 8443) })
}

/** What `serve` needs beyond well-formed values; one sentence each. */
export function servingProblems(config: Config): readonly string[] {
  const problems: string[] = []
  if (config.GEGENSTROM_SECRET === undefined)
    problems.push('GEGENSTROM_SECRET is missing: make one with `openssl rand -hex 32` and keep it; stored secrets depend on it')
  if (config.DATABASE_URL === undefined && config.NODE_ENV === 'production')
    problems.push('DATABASE_URL is missing: the embedded database is not for production')
  if (config.JOURNAL_KEEP_DAYS !== undefined && config.JOURNAL_ARCHIVE === undefined)
    problems.push('JOURNAL_ARCHIVE is missing: it names the folder that old segments are moved to')
  if (config.lab && !isLoopback(config.HTTP_HOST))
    problems.push('OCPP_ALLOW_INSECURE=lab is for loopback only: set HTTP_HOST=127.0.0.1')
  if (config.lab && config.NODE_ENV === 'production') problems.push('OCPP_ALLOW_INSECURE=lab is not for production')
  if (config.WEBHOOK_ALLOW_PRIVATE === 'lab' && config.NODE_ENV === 'production')
    problems.push('WEBHOOK_ALLOW_PRIVATE=lab is not for production')
  if (!config.lab && (config.TLS_CERT_FILE === undefined || config.TLS_KEY_FILE === undefined))
    problems.push(
      'TLS_CERT_FILE and TLS_KEY_FILE are missing: stations and people connect over TLS; for a trial on this machine set OCPP_ALLOW_INSECURE=lab',
    )
  if (config.CONTROL_API_PORT !== undefined)
    for (const name of ['CONTROL_API_PARTNERS_FILE', 'CONTROL_API_CERT_FILE', 'CONTROL_API_KEY_FILE'] as const)
      if (config[name] === undefined)
        problems.push(`${name} is missing: CONTROL_API_PORT opens a door for partners known by certificate`)
  if (config.CLS_PORT !== undefined)
    for (const name of ['CLS_CHANNELS_FILE', 'CLS_CERT_FILE', 'CLS_KEY_FILE', 'CLS_CA_FILE'] as const)
      if (config[name] === undefined) problems.push(`${name} is missing: CLS_PORT opens a door for channels known by certificate`)
  if (config.IEC104_PORT !== undefined) problems.push(...iec104Problems(config))
  if (config.MQTT_SIGNALS_SENDERS !== undefined && config.MQTT_URL === undefined)
    problems.push('MQTT_URL is missing: MQTT_SIGNALS_SENDERS opens a door at that broker')
  if (config.MQTT_HEMS_TOPIC !== undefined && config.MQTT_URL === undefined)
    problems.push('MQTT_URL is missing: MQTT_HEMS_TOPIC opens a door at that broker')
  if (config.MQTT_EEBUS_SITES !== undefined && config.MQTT_URL === undefined)
    problems.push('MQTT_URL is missing: MQTT_EEBUS_SITES opens a door at that broker')
  const broker = brokerProblem(config)
  if (broker !== null) problems.push(broker)
  if ((config.MQTT_CERT_FILE === undefined) !== (config.MQTT_KEY_FILE === undefined))
    problems.push('MQTT_CERT_FILE and MQTT_KEY_FILE belong together: one of them is missing')
  if (config.PRICE_SOURCE === 'file' && config.PRICE_URL === undefined)
    problems.push('PRICE_URL is missing: it names the price file')
  if (config.PRICE_SOURCE === 'entsoe' && config.ENTSOE_TOKEN === undefined)
    problems.push('ENTSOE_TOKEN is missing: ENTSO-E gives prices only with a token')
  return problems
}

function iec104Problems(config: Config): readonly string[] {
  const problems: string[] = []
  const isPlain = config.IEC104_PLAIN === 'lab'
  if (isPlain && !isLoopback(config.IEC104_HOST ?? config.HTTP_HOST))
    problems.push('IEC104_PLAIN=lab is for loopback only: set IEC104_HOST=127.0.0.1')
  if (isPlain && config.NODE_ENV === 'production') problems.push('IEC104_PLAIN=lab is not for production')
  const files = isPlain ? ([] as const) : (['IEC104_CERT_FILE', 'IEC104_KEY_FILE', 'IEC104_CA_FILE'] as const)
  for (const name of ['IEC104_FILE' as const, ...files])
    if (config[name] === undefined)
      problems.push(`${name} is missing: IEC104_PORT opens a door for control centres known by certificate`)
  return problems
}

/** Where old segments of the journal go, and after how many days; undefined where they stay. */
export function archiveOf({
  JOURNAL_ARCHIVE: folder,
  JOURNAL_KEEP_DAYS: days,
}: Config): { readonly folder: string; readonly keepDays: number } | undefined {
  return folder === undefined ? undefined : { folder: resolve(folder), keepDays: days ?? Infinity }
}

/** Which server commands ask, and with what key, where their options do not say; `GEGENSTROM_KEY_FILE` names a file that holds the key. */
export function clientDefaults(environment: NodeJS.ProcessEnv = process.env): {
  readonly url: string
  readonly key: string | null
} {
  const { GEGENSTROM_URL: url, GEGENSTROM_KEY: key, GEGENSTROM_KEY_FILE: file } = environment
  return {
    url: url === undefined || url === '' ? 'http://127.0.0.1:8180' : url,
    key: key ?? (file === undefined || file === '' ? null : readFileSync(resolve(file), 'utf8').trim()),
  }
}

/** Names, defaults and meaning of all variables, for documentation. @internal */
export function describeConfig(): readonly { readonly name: string; readonly meaning: string }[] {
  return Object.entries(schema.shape).map(([name, type]) => ({ name, meaning: type.description ?? '' }))
}

/** A host as it stands in an address: a name, an IPv4 address, or an IPv6 address in brackets. */
function isHostName(name: string): boolean {
  return /^(?:[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9][a-z0-9-]{0,62})*|\[[0-9a-f:.]+\])$/.test(name)
}

/** What speaks against the MQTT broker of a configuration; null for nothing. */
export function brokerProblem({ MQTT_URL: url }: Pick<Config, 'MQTT_URL'>): string | null {
  const isInClear = url?.startsWith('mqtt:') === true && !isLoopback(new URL(url).hostname)
  return isInClear ? 'MQTT_URL is in clear: mqtt:// is for a broker on this machine only, use mqtts://' : null
}

/** Whether an address reaches this machine only. */
export function isLoopback(host: string): boolean {
  return host === '127.0.0.1' || host === '::1' || host === 'localhost'
}
