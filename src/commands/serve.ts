// `gegenstrom serve`: the backend in operation, on the wall clock, configured by the environment.
import { METER_SETTINGS } from '../../adapters/ocpp/blocks/meter-settings.ts'
import { availableParallelism } from 'node:os'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import {
  awattarSource,
  energyChartsSource,
  entsoeSource,
  fileSource,
  type PriceSource,
} from '../../adapters/market/price-source.ts'
import { openProofStore } from '../../adapters/proof-files/proof-store.ts'
import { readTariffFile, type TariffFile } from '../../adapters/market/tariff-file.ts'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import { NO_RELIEF } from '../../domain/signals/fee-regime.ts'
import { SPOT_ONLY } from '../../domain/signals/tariff.ts'
import { ctPerKWh, eurPerMWh, kilowattHours } from '../../domain/units.ts'
import { hostClock } from '../run/clock.ts'
import { loopDelay } from '../run/loop-delay.ts'
import type { DoorsOptions } from '../compose/doors.ts'
import { compose, type Running } from '../compose.ts'
import { homeFolders } from '../files/home-folders.ts'
import { archiveOf, servingProblems, type Config } from '../config.ts'
import { databaseSchema, type DatabaseSchema } from '../files/database-schema.ts'
import { keyRing } from '../files/key-ring.ts'
import { logger, type Log } from '../log.ts'
import { readRegistryFile, type RegistryFile } from '../files/registry-file.ts'
import { readProofKey, type ProofKey } from '../files/proof-key.ts'
import { readTlsFiles } from '../files/tls-files.ts'
import { VERSION } from '../version.ts'
import { configOrExit } from './config-or-exit.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { gridDoors } from './grid-doors.ts'
import { lastResort } from './last-resort.ts'
import { accountsOf } from '../files/accounts-file.ts'
import { readSignInFile } from '../files/sign-in-file.ts'
import type { SignInWays } from '../compose/sign-in.ts'
import { untilSignal } from './until-signal.ts'

/** Adds the command to a program. */
export function serveCommand(program: Command, io: CommandIo): void {
  program
    .command('serve')
    .description('run the backend; configured by environment variables')
    .addHelpText(
      'after',
      '\nExamples:\n  $ OCPP_ALLOW_INSECURE=lab GEGENSTROM_SECRET=$(openssl rand -hex 32) REGISTRY_FILE=registry.json gegenstrom serve\n  $ gegenstrom doctor   # what is configured, and what is missing\n',
    )
    .exitOverride(usageExit)
    .action(() => serve(io))
}

async function serve(io: CommandIo): Promise<void> {
  const config = configOrExit()
  const problems = servingProblems(config)
  if (problems.length > 0) throw exitError(2, problems.join('\n'))
  const tls = config.lab ? null : readTlsFiles(config.TLS_CERT_FILE!, config.TLS_KEY_FILE!, Date.now())
  if (tls?.ok === false) throw exitError(2, tls.refusal)
  const doors = doorsOrExit(config)
  const signIn = signInOrExit(config)
  const log = logger(config.LOG_LEVEL)
  const file: RegistryFile | null =
    config.REGISTRY_FILE === undefined ? null : readRegistryFile(config.REGISTRY_FILE, config.GEGENSTROM_SECRET!)
  const tariff = tariffOf(config.TARIFF_FILE)
  const folders = homeFolders(resolve(config.GEGENSTROM_HOME))
  const clock = hostClock()
  const opened = await openStores(config, folders.database, clock, log).catch((error: Error) => {
    clock.stop()
    throw error
  })
  const delay = loopDelay()
  const running = await compose({
    clock,
    speed: 1,
    node: config.GEGENSTROM_NODE,
    version: VERSION,
    journalFolder: folders.journal,
    archive: archiveOf(config),
    ...opened,
    registry: file?.registry ?? null,
    credential: (station) => file?.credentials.get(station) ?? null,
    pepper: config.GEGENSTROM_SECRET!,
    pendingStations: config.PENDING_STATIONS,
    ...(file === null || config.lab ? {} : { keys: keyRing({ path: config.REGISTRY_FILE!, keys: file.apiKeys, clock, log }) }),
    signIn,
    lab: config.lab,
    ...(config.HTTP_NAMES === undefined ? {} : { hosts: config.HTTP_NAMES }),
    proxies: config.TRUST_PROXY,
    tls: tls === null ? null : { cert: tls.value.cert, key: tls.value.key },
    host: config.HTTP_HOST,
    port: config.httpPort,
    strategy: config.STRATEGY,
    meters: {
      intervalSeconds: config.METER_INTERVAL_SECONDS,
      measurands: config.METER_MEASURANDS ?? METER_SETTINGS.measurands,
    },
    wear: ctPerKWh(config.WEAR_CT_PER_KWH),
    terminal: ctPerKWh(config.TERMINAL_CT_PER_KWH),
    missing: ctPerKWh(config.MISSING_CT_PER_KWH),
    imbalance: { above: eurPerMWh(config.IMBALANCE_EUR_PER_MWH), below: eurPerMWh(config.IMBALANCE_EUR_PER_MWH) },
    gateMs: config.GATE_MINUTES * 60_000,
    releaseMs: config.RELEASE_SECONDS * 1_000,
    doors,
    proofKey: proofKeyOrExit(config),
    proofStore: openProofStore(folders.proofs, config.PROOF_DAYS),
    preferences: { stability: ctPerKWh(config.STABILITY_CT_PER_KWH), fairness: ctPerKWh(config.FAIRNESS_CT_PER_KWH) },
    lot: kilowattHours(config.TRADE_LOT_KWH),
    webhooks: { secret: config.GEGENSTROM_SECRET!, allowPrivate: config.WEBHOOK_ALLOW_PRIVATE === 'lab' },
    ...(config.READING_DAYS === undefined ? {} : { readingDays: config.READING_DAYS }),
    plannerThreads: config.PLANNER_THREADS ?? Math.max(1, availableParallelism() - 1),
    tariff: tariff.tariff,
    regime: tariff.feeRegime,
    zone: config.BIDDING_ZONE,
    market: 'SDAC',
    priceSources: priceSources(config, () => clock.now()),
    notes: config.DATABASE_URL === undefined ? ['embedded-database'] : [],
    pings: true,
    processFigures: delay.figures,
    log,
  }).catch(async (error: NodeJS.ErrnoException) => {
    clock.stop()
    await opened.stores.close()
    throw exitError(1, error.code === 'EADDRINUSE' ? takenText(config, error) : error.message)
  })
  log('info', 'serving', {
    address: running.address.address,
    port: running.address.port,
    lab: config.lab,
    replayed: running.replayed,
    journal: running.journal.head().sequence,
  })
  const giveBack = lastResort(running.troubles)
  // Whoever reads the address may ask for the end at once.
  const ended = untilSignal(null)
  io.stdout(`${config.lab ? 'http' : 'https'}://${config.HTTP_HOST}:${running.address.port}/\n`)
  const renew = () => renewDoors(config, running.doors, log)
  process.on('SIGHUP', renew)
  await ended
  process.off('SIGHUP', renew)
  log('info', 'stopping')
  try {
    await running.stop()
  } finally {
    giveBack()
    clock.stop()
    delay.stop()
  }
}

function takenText(config: Config, { port = config.httpPort }: NodeJS.ErrnoException & { readonly port?: number }): string {
  const names = ['CLS_PORT', 'IEC104_PORT', 'EEBUS_PORT', 'CONTROL_API_PORT'] as const
  const name = port === config.httpPort ? 'HTTP_PORT' : (names.find((one) => config[one] === port) ?? 'HTTP_PORT')
  return `port ${port} is taken: set ${name}`
}

/** Reads certificates and lists of the doors again; what cannot be read changes nothing. */
function renewDoors(config: Config, doors: Pick<Running['doors'], 'renew'>, log: Log): void {
  try {
    doors.renew(gridDoors(config, Date.now()))
    log('info', 'certificates and lists of the doors were read again')
  } catch (error) {
    log('error', 'certificates and lists of the doors cannot be read; the last good ones stay in force', {
      detail: (error as Error).message,
    })
  }
}

function doorsOrExit(config: Config): DoorsOptions {
  try {
    return gridDoors(config, Date.now())
  } catch (error) {
    throw exitError(2, (error as Error).message)
  }
}

function proofKeyOrExit(config: Config): ProofKey {
  try {
    return readProofKey(resolve(config.GEGENSTROM_HOME), config.PROOF_KEY_FILE)
  } catch (error) {
    throw exitError(2, `PROOF_KEY_FILE: ${(error as Error).message}`)
  }
}

/** Without a file the market's price is the tariff, and nothing is refunded. */
function tariffOf(path: string | undefined): TariffFile {
  if (path === undefined) return { tariff: SPOT_ONLY, feeRegime: NO_RELIEF }
  const read = readTariffFile(readFileSync(path, 'utf8'))
  if (!read.ok) throw exitError(2, read.refusal.map((problem) => `${path}: ${problem}`).join('\n'))
  return read.value
}

interface Opened {
  readonly stores: Stores
  readonly schema?: DatabaseSchema
}
async function openStores(config: Config, folder: string, clock: Clock, log: ReturnType<typeof logger>): Promise<Opened> {
  if (config.DATABASE_URL === undefined) {
    log(
      'warn',
      'no DATABASE_URL: an embedded database is used; it is for development, only the journal file is durable against power loss',
      { folder },
    )
    const stores = await openPglite({ folder })
    await stores.migrate()
    return { stores }
  }
  const stores = openPostgres({ url: config.DATABASE_URL })
  const schema = databaseSchema({ migrate: () => stores.migrate(), clock, log })
  // Neither a database that is away nor one whose steps take long is a reason not to serve: stations come first, copies follow (F11).
  await schema.newest().catch(() => {})
  return { stores, schema }
}

function priceSources(config: Config, now: () => number): readonly PriceSource[] {
  const options = { zone: config.BIDDING_ZONE, now, ...(config.PRICE_URL === undefined ? {} : { url: config.PRICE_URL }) }
  switch (config.PRICE_SOURCE) {
    case 'entsoe':
      return [entsoeSource({ ...options, token: config.ENTSOE_TOKEN! })]
    case 'awattar':
      return [awattarSource(options)]
    case 'energy-charts':
      return [energyChartsSource(options)]
    case 'file':
      return [fileSource({ zone: config.BIDDING_ZONE, now, path: config.PRICE_URL! })]
    case 'none':
      return []
  }
}

/** How people sign in; accounts are read whenever somebody does, so that a new password counts at once. */
function signInOrExit({ SIGN_IN_FILE: file, ACCOUNTS_FILE: accounts, lab }: Config): SignInWays {
  return {
    ...(file === undefined ? {} : { provider: named('SIGN_IN_FILE', () => readSignInFile(file, lab)) }),
    ...(accounts === undefined ? {} : { accountOf: named('ACCOUNTS_FILE', () => accountsOf(accounts)) }),
  }
}

function named<Value>(name: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw exitError(2, `${name}: ${(error as Error).message}`)
  }
}
