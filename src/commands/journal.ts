// `gegenstrom journal`: is the record whole, does the database hold the same, and what to do when its end was lost.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { compareJournalWithCopy } from '../../adapters/journal-file/compare-with-copy.ts'
import { openJournal } from '../../adapters/journal-file/open-journal.ts'
import { restoreFromCopy } from '../../adapters/journal-file/restore-from-copy.ts'
import { verifyJournal, type VerifiedJournal } from '../../adapters/journal-file/verify-journal.ts'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { sqlState } from '../../adapters/postgres/sql-state.ts'
import { makePrivateFolder } from '../../adapters/wire/private-path.ts'
import type { Stores } from '../../domain/ports/stores.ts'
import { homeFolders } from '../files/home-folders.ts'
import { archiveOf, type Config } from '../config.ts'
import { printActs } from './journal-acts.ts'
import { exitError, isExitError, usageExit, type CommandIo } from './exit.ts'
import { progressBar } from './progress-bar.ts'
import { configOrExit } from './config-or-exit.ts'

/** Adds the command to a program. */
export function journalCommand(program: Command, io: CommandIo): void {
  const journal = program.command('journal').description('the record of what was received, ordered and measured')
  journal
    .command('verify')
    .description(
      'check the hash chain of the journal file and its end, and the copy in the database where one is configured; ends with 3 when something lies there that does not belong',
    )
    .option('--folder <folder>', 'journal folder; default: the one of GEGENSTROM_HOME')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  $ gegenstrom journal verify --json\n')
    .exitOverride(usageExit)
    .action((options: FolderOptions) => verify(options, io))
  journal
    .command('accept-loss')
    .description(
      'bring back from the database what its copy has beyond the end of the file, and go on without the rest; that it is missing becomes an entry itself',
    )
    .option('--folder <folder>', 'journal folder; default: the one of GEGENSTROM_HOME')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nOnly when the missing segment files cannot be brought back, or an older backup was. The server must not run.\nExample:\n  $ gegenstrom journal accept-loss\n',
    )
    .exitOverride(usageExit)
    .action((options: FolderOptions) => acceptLoss(options, io))
  journal
    .command('acts')
    .description('who asked for a change over the API, made or not allowed, and who signed in; oldest first')
    .option('--folder <folder>', 'journal folder; default: the one of GEGENSTROM_HOME')
    .option('--by <name>', 'only those of one account or key')
    .option('--json', 'print one JSON object a line', false)
    .addHelpText('after', '\nExample:\n  $ gegenstrom journal acts --by night-shift\n')
    .exitOverride(usageExit)
    .action((options: FolderOptions & { readonly by?: string }) => {
      const config = configOrExit()
      const folder = folderOf(options, config.GEGENSTROM_HOME)
      return printActs({ ...options, folder, archive: archiveOf(config)?.folder ?? null }, options.json, io)
    })
}

interface FolderOptions {
  readonly folder?: string
  readonly json: boolean
}
function folderOf(options: FolderOptions, home: string): string {
  return resolve(options.folder ?? homeFolders(home).journal)
}

/** Whether a question failed because its table does not exist yet (undefined_table). */
function isSchemaMissing(error: unknown): boolean {
  return sqlState(error) === '42P01'
}

async function acceptLoss(options: FolderOptions, io: CommandIo): Promise<void> {
  const config = configOrExit()
  const folder = folderOf(options, config.GEGENSTROM_HOME)
  const node = config.GEGENSTROM_NODE
  const failed = (error: Error) => {
    throw exitError(1, `${folder}: ${error.message}`)
  }
  const restored = await restore(folder, config)
  // A folder that is not there, and that the copy knows nothing of, must not be made by asking for it.
  if (!existsSync(folder)) throw exitError(1, `${folder}: there is no journal, and no copy of node ${node} to bring it back from`)
  const archive = archiveOf(config)
  const opened = await openJournal({
    folder,
    node,
    acceptLoss: true,
    ...(archive === undefined ? {} : { archive: archive.folder }),
  }).catch(failed)
  const { loss } = opened
  await opened.close()
  if (options.json) return io.stdout(`${JSON.stringify({ folder, restored, loss })}\n`)
  const missing = loss === null ? 'nothing' : loss.until === null ? 'nobody knows how many' : `${loss.from} to ${loss.until}`
  io.stdout(
    `${restored} entries brought back from the database; missing: ${missing}${loss === null ? '' : `; entry ${loss.from} says so`}\n`,
  )
}

/** Brings back what the copy has beyond the file, and returns how many entries that were; 0 where there is no copy. */
async function restore(folder: string, config: Config): Promise<number> {
  const stores = await copyOf(folder, config)
  if (stores === null) return 0
  const node = config.GEGENSTROM_NODE
  try {
    if ((await stores.journal.lastCopied(node)) === 0) return 0
    makePrivateFolder(folder)
    const restored = await restoreFromCopy(folder, stores.journal, node)
    if (restored.ok) return restored.value
    const { sequence, reason } = restored.refusal
    throw exitError(1, `nothing was accepted: entry ${sequence} of node ${node}: ${reason}`)
  } catch (error) {
    if (isExitError(error)) throw error
    if (isSchemaMissing(error)) return 0
    throw exitError(1, `nothing was accepted: ${(error as Error).message || 'the database does not answer'}`)
  } finally {
    await stores.close()
  }
}

/** The database that holds the copy of a folder; without a configured one the embedded one beside it. */
async function copyOf(folder: string, config: Config): Promise<Stores | null> {
  if (config.DATABASE_URL !== undefined) return openPostgres({ url: config.DATABASE_URL })
  const home = homeFolders(resolve(config.GEGENSTROM_HOME))
  if (folder !== home.journal || !existsSync(home.database)) return null
  return openPglite({ folder: home.database }).catch((error: Error) => {
    throw exitError(1, `nothing was accepted: ${home.database}: ${error.message}`)
  })
}

async function verify(options: FolderOptions, io: CommandIo): Promise<void> {
  const config = configOrExit()
  const folder = folderOf(options, config.GEGENSTROM_HOME)
  const bar = progressBar(io, 'verifying', 0)
  const archive = archiveOf(config)?.folder ?? null
  const result = await verifyJournal(folder, { archive, progress: bar.update }).catch((error: Error) => {
    throw exitError(1, `${folder}: ${error.message}`)
  })
  bar.done()
  if (!result.ok) {
    if (options.json) io.stdout(`${JSON.stringify({ verified: false, folder, ...result.refusal })}\n`)
    throw exitError(
      1,
      `the journal is broken at entry ${result.refusal.sequence} (${result.refusal.file}:${result.refusal.line}): ${result.refusal.reason}`,
    )
  }
  const { entries, from, segments, head, archived, snapshots, tornBytes, remarks } = result.value
  const copy: CopyState =
    config.DATABASE_URL === undefined
      ? { code: 0, text: 'not checked' }
      : await copyState({ folder, archive, entries }, config.DATABASE_URL, config.GEGENSTROM_NODE)
  io.stdout(
    options.json
      ? `${JSON.stringify({ verified: copy.code !== 1, folder, ...result.value, copy: copy.text })}\n`
      : `verified: ${entries - from + 1} entries in ${segments} segments, last ${head.hash}; ${beginText(from, archived)}${snapshots} snapshots stand on them; copy in the database: ${copy.text}${tornBytes === 0 ? '' : `; ${tornBytes} bytes of an unfinished last line belong to no entry`}\n`,
  )
  const troubles = [...(copy.code === 0 ? [] : [`the copy in the database ${copy.text}`]), ...remarks]
  if (troubles.length > 0) throw exitError(copy.code === 1 ? 1 : 3, troubles.join('\n'))
}

/** What of the beginning was moved away, and whether it was checked all the same. */
function beginText(from: number, { segments, checked }: VerifiedJournal['archived']): string {
  if (segments === 0) return ''
  const found = `${segments} of the segments were moved away, ${checked} of them found and checked`
  return from === 1 ? `${found}; ` : `${found}: entries 1 to ${from - 1} were not checked, JOURNAL_ARCHIVE names where they are; `
}

interface CopyState {
  readonly code: 0 | 1 | 3
  /** Goes on from "the copy in the database". */
  readonly text: string
}
/** The copy held against a file that is whole by itself. */
async function copyState(
  { folder, archive, entries }: { readonly folder: string; readonly archive: string | null; readonly entries: number },
  url: string,
  node: string,
): Promise<CopyState> {
  const stores = openPostgres({ url })
  try {
    const compared = await compareJournalWithCopy(folder, stores.journal, node, archive)
    if (compared.ok) return { code: 0, text: 'agrees' }
    const { sequence, reason } = compared.refusal
    if (sequence <= entries) return { code: 1, text: `disagrees at entry ${sequence}: ${reason}` }
    const last = await stores.journal.lastCopied(node)
    const text = `goes on to entry ${last}: entries ${sequence} to ${last} are missing in the file; \`gegenstrom journal accept-loss\` brings them back`
    return { code: 1, text }
  } catch (error) {
    if (isSchemaMissing(error)) return { code: 3, text: 'has no schema yet: gegenstrom migrate' }
    return { code: 1, text: `does not answer: ${(error as Error).message || (error as NodeJS.ErrnoException).code}` }
  } finally {
    await stores.close()
  }
}
