// `gegenstrom doctor`: what is configured, what answers, and what would stop `serve`.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { breakText } from '../../adapters/journal-file/scan.ts'
import { listSegments, type Segment } from '../../adapters/journal-file/segments.ts'
import { standingOfCopy, standingText } from '../../adapters/journal-file/standing-of-copy.ts'
import { checkSnapshot, listSnapshots } from '../../adapters/journal-file/snapshots.ts'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { makeFolder, openToOthers } from '../../adapters/wire/private-path.ts'
import { readApiKeys } from '../files/api-keys-file.ts'
import { homeFolders } from '../files/home-folders.ts'
import { archiveOf, readConfig, servingProblems, type Config } from '../config.ts'
import { stateFormat } from '../run/remembered.ts'
import { readTlsFiles } from '../files/tls-files.ts'
import { VERSION } from '../version.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { gridDoors } from './grid-doors.ts'

interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'problem'
  readonly detail: string
}

/** Adds the command to a program. */
export function doctorCommand(program: Command, io: CommandIo): void {
  program
    .command('doctor')
    .description('check configuration and surroundings; ends with 0, 1 for problems, 3 for warnings')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  $ gegenstrom doctor --json\n')
    .exitOverride(usageExit)
    .action(async ({ json }: { json: boolean }) => {
      const findings = await examine()
      io.stdout(
        json
          ? `${JSON.stringify({ version: VERSION, findings }, null, 2)}\n`
          : findings.map(({ check, state, detail }) => `${state.padEnd(8)} ${check}: ${detail}\n`).join(''),
      )
      if (findings.some(({ state }) => state === 'problem')) throw exitError(1, '')
      if (findings.some(({ state }) => state === 'warning')) throw exitError(3, '')
    })
}

async function examine(): Promise<readonly Finding[]> {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  const recent = major > 20 || (major === 20 && minor >= 19)
  const node: Finding = {
    check: 'Node.js',
    state: recent ? (major < 22 ? 'warning' : 'ok') : 'problem',
    detail: `${process.version}${recent ? (major < 22 ? '; no longer maintained, use 22 or 24' : '') : '; 20.19 or newer is needed'}`,
  }
  const zone: Finding = {
    check: 'time zone',
    state: new Date().getTimezoneOffset() === 0 ? 'ok' : 'warning',
    detail: new Date().getTimezoneOffset() === 0 ? 'UTC' : 'the process does not run in UTC: set TZ=UTC',
  }
  const config = readConfig()
  if (!config.ok)
    return [node, zone, ...config.refusal.map((detail): Finding => ({ check: 'configuration', state: 'problem', detail }))]
  const problems = servingProblems(config.value).map((detail): Finding => ({ check: 'configuration', state: 'problem', detail }))
  return [
    node,
    zone,
    ...problems,
    folder(config.value),
    ...(config.value.lab ? [] : [certificate(config.value), keys(config.value)].flatMap((finding) => finding ?? [])),
    await database(config.value),
    await journal(config.value),
    await port(config.value),
    prices(config.value),
    ...doors(config.value),
  ]
}

/** Doors of grid operators that are wanted. */
function doors(config: Config): readonly Finding[] {
  if (servingProblems(config).length > 0) return []
  try {
    const { controlApi, mqttSignals, mqttHems, cls, iec104 } = gridDoors(config, Date.now())
    const found: Finding[] = []
    if (controlApi !== undefined) {
      const detail = `${controlApi.host}:${controlApi.port}, ${controlApi.partners.length} partners`
      found.push({ check: 'control API', state: controlApi.partners.length > 0 ? 'ok' : 'warning', detail })
    }
    if (mqttSignals !== undefined) {
      const detail = `signals of ${[...mqttSignals.senders.keys()].join(', ')} at ${new URL(mqttSignals.broker.url).host}`
      found.push({ check: 'MQTT', state: 'ok', detail })
    }
    if (mqttHems !== undefined) {
      const detail = `energy managers under ${mqttHems.prefix} at ${new URL(mqttHems.broker.url).host}`
      found.push({ check: 'MQTT', state: 'ok', detail })
    }
    if (cls !== undefined) {
      const detail = `${cls.host}:${cls.port}, ${cls.channels.length} channels`
      found.push({ check: 'CLS', state: cls.channels.length > 0 ? 'ok' : 'warning', detail })
    }
    if (iec104 !== undefined) {
      const { host, port, pools, centres, tls } = iec104
      const detail = `${host}:${port}, ${pools.length} pools, ${centres.length} centres${tls === null ? ', in clear' : ''}`
      found.push({ check: 'IEC 104', state: tls === null ? 'warning' : 'ok', detail })
    }
    return found
  } catch (error) {
    return [{ check: 'doors', state: 'problem', detail: (error as Error).message }]
  }
}

function folder(config: Config): Finding {
  const path = resolve(config.GEGENSTROM_HOME)
  try {
    makeFolder(path)
    accessSync(path, constants.W_OK)
    const open = [path, ...Object.values(homeFolders(path))].find((folder) => openToOthers(folder) !== null)
    if (open !== undefined)
      return { check: 'home', state: 'warning', detail: `${open} is open to other users: chmod 700 ${open}` }
    return { check: 'home', state: 'ok', detail: path }
  } catch (error) {
    return { check: 'home', state: 'problem', detail: `${path}: ${(error as Error).message}` }
  }
}

/** A certificate is to be renewed when so much of it is left (F23). */
const RENEW_BEFORE_MS = 30 * 86_400_000

/** Null where the files are not named: that is a problem of the configuration. */
function certificate({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: Config): Finding | null {
  if (cert === undefined || key === undefined) return null
  const now = Date.now()
  const files = readTlsFiles(cert, key, now)
  if (!files.ok) return { check: 'certificate', state: 'problem', detail: files.refusal }
  const left = files.value.validUntil - now
  const detail = `${cert} is valid until ${new Date(files.value.validUntil).toISOString()}`
  return { check: 'certificate', state: left < RENEW_BEFORE_MS ? 'warning' : 'ok', detail }
}

/** Outside of the lab nobody signs in without a key. */
function keys({ REGISTRY_FILE: path }: Config): Finding {
  const how = 'make one with `gegenstrom key create`'
  if (path === undefined)
    return { check: 'keys', state: 'warning', detail: `no API key: nobody can sign in; set REGISTRY_FILE and ${how}` }
  try {
    const all = [...readApiKeys(path, readFileSync(path, 'utf8')).values()]
    const inForce = all.filter(({ expiresAt }) => expiresAt === null || expiresAt > Date.now()).length
    return inForce > 0
      ? { check: 'keys', state: 'ok', detail: `${inForce} in force in ${path}` }
      : {
          check: 'keys',
          state: 'warning',
          detail: `no API key ${all.length > 0 ? 'that has not expired' : 'yet'}: nobody can sign in; ${how}`,
        }
  } catch (error) {
    return { check: 'keys', state: 'problem', detail: (error as Error).message }
  }
}

async function database(config: Config): Promise<Finding> {
  if (config.DATABASE_URL === undefined)
    return {
      check: 'database',
      state: 'warning',
      detail: 'embedded: only the journal file is durable against power loss; set DATABASE_URL for PostgreSQL',
    }
  const stores = openPostgres({ url: config.DATABASE_URL })
  try {
    await stores.check()
    return { check: 'database', state: 'ok', detail: 'PostgreSQL answers' }
  } catch (error) {
    return { check: 'database', state: 'problem', detail: `PostgreSQL does not answer: ${(error as Error).message}` }
  } finally {
    await stores.close().catch(() => {})
  }
}

/** The file by itself, and against where its copy ends: what would stop the start. Whether the database answers is told elsewhere. */
async function journal(config: Config): Promise<Finding> {
  const { journal: path } = homeFolders(resolve(config.GEGENSTROM_HOME))
  let looked: Looked | null = null
  const look = async () => (looked ??= await lookAt(path, archiveOf(config)?.folder ?? null))
  const copy = config.DATABASE_URL === undefined ? null : await againstCopy(config.DATABASE_URL, config.GEGENSTROM_NODE, look)
  const { end, remarks, broken } = await look()
  const problem = broken ?? copy?.against ?? null
  if (problem !== null) return { check: 'journal', state: 'problem', detail: problem }
  return {
    check: 'journal',
    state: remarks.length > 0 ? 'warning' : 'ok',
    detail: [
      `${end} entries in ${path}`,
      startText(path, end),
      ...(copy === null ? [] : [lagText(end, copy.last)]),
      ...remarks,
    ].join('; '),
  }
}

/** How much of the journal a start would read, and how old what stands for the rest is. */
function startText(path: string, end: number): string {
  if (!existsSync(path)) return 'a start reads nothing'
  for (const { file } of listSnapshots(path)) {
    const header = checkSnapshot(file)
    if (!header.ok || header.value.format !== stateFormat() || header.value.sequence > end) continue
    const { sequence, at } = header.value
    return `a start reads ${end - sequence} of them: the newest snapshot is of ${new Date(at).toISOString()}`
  }
  return 'a start reads all of them: there is no snapshot'
}

function lagText(end: number, last: number | null): string {
  if (last === null || last >= end) return 'the database has all of them'
  return `the database has them up to ${last}, ${end - last} are still to be copied`
}

interface Looked {
  readonly segments: readonly Segment[]
  readonly end: number
  readonly remarks: readonly string[]
  readonly broken: string | null
}
async function lookAt(path: string, archive: string | null): Promise<Looked> {
  const nothing = { segments: [], end: 0, remarks: [], broken: null }
  if (!existsSync(path)) return nothing
  try {
    const verified = await verifyJournal(path, { archive })
    if (!verified.ok) return { ...nothing, broken: breakText(verified.refusal) }
    return { segments: listSegments(path, archive), end: verified.value.entries, remarks: verified.value.remarks, broken: null }
  } catch (error) {
    return { ...nothing, broken: `${path}: ${(error as Error).message}` }
  }
}

/** What of the copy stands against a start, and where it ends; null where the database does not tell. */
async function againstCopy(
  url: string,
  node: string,
  look: () => Promise<Looked>,
): Promise<{ readonly against: string | null; readonly last: number | null } | null> {
  const stores = openPostgres({ url })
  try {
    const standing = await standingOfCopy(stores.journal, node, look)
    return { against: standingText(standing, node), last: standing.kind === 'continued' ? standing.last : null }
  } catch {
    return null
  } finally {
    await stores.close().catch(() => {})
  }
}

function port(config: Config): Promise<Finding> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', (error) =>
      done({ check: 'port', state: 'problem', detail: `${config.HTTP_HOST}:${config.httpPort}: ${error.message}` }),
    )
    server.listen(config.httpPort, config.HTTP_HOST, () =>
      server.close(() => done({ check: 'port', state: 'ok', detail: `${config.HTTP_HOST}:${config.httpPort} is free` })),
    )
  })
}

function prices(config: Config): Finding {
  return config.PRICE_SOURCE === 'none'
    ? {
        check: 'prices',
        state: 'warning',
        detail: 'no source: cars are charged for their drivers, nothing is optimised; set PRICE_SOURCE',
      }
    : { check: 'prices', state: 'ok', detail: config.PRICE_SOURCE }
}
