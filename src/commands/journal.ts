// `gegenstrom journal`: is the record whole, does the database hold the same, and what to do when its end was lost.
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { compareJournalWithCopy } from '../../adapters/journal-file/compare-with-copy.ts'
import { openJournal } from '../../adapters/journal-file/open-journal.ts'
import { restoreFromCopy } from '../../adapters/journal-file/restore-from-copy.ts'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { homeFolders } from '../compose.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { progressBar } from './progress-bar.ts'
import { configOrExit } from './serve.ts'

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
      'bring back from the database, where one is configured, what is missing at the end, and go on without the rest; that it is missing becomes an entry itself',
    )
    .option('--folder <folder>', 'journal folder; default: the one of GEGENSTROM_HOME')
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nOnly when the missing segment files cannot be brought back. The server must not run.\nExample:\n  $ gegenstrom journal accept-loss\n',
    )
    .exitOverride(usageExit)
    .action((options: FolderOptions) => acceptLoss(options, io))
}

interface FolderOptions {
  readonly folder?: string
  readonly json: boolean
}
function folderOf(options: FolderOptions, home: string): string {
  return resolve(options.folder ?? homeFolders(home).journal)
}

async function acceptLoss(options: FolderOptions, io: CommandIo): Promise<void> {
  const config = configOrExit()
  const folder = folderOf(options, config.GEGENSTROM_HOME)
  const { DATABASE_URL: url, GEGENSTROM_NODE: node } = config
  const failed = (error: Error) => {
    throw exitError(1, `${folder}: ${error.message}`)
  }
  // First, for a folder that is not there must not be made by asking for it.
  const before = await verifyJournal(folder).catch(failed)
  const restored = before.ok || url === undefined ? 0 : await restore(folder, url, node)
  const opened = await openJournal({ folder, node, acceptLoss: true }).catch(failed)
  const { loss } = opened
  await opened.close()
  if (options.json) return io.stdout(`${JSON.stringify({ folder, restored, loss })}\n`)
  const missing = loss === null ? 'nothing' : loss.until === null ? 'nobody knows how many' : `${loss.from} to ${loss.until}`
  io.stdout(
    `${restored} entries brought back from the database; missing: ${missing}${loss === null ? '' : `; entry ${loss.from} says so`}\n`,
  )
}

async function restore(folder: string, url: string, node: string): Promise<number> {
  const stores = openPostgres({ url })
  try {
    const restored = await restoreFromCopy(folder, stores.journal, node).catch((error: Error) => {
      throw exitError(1, `nothing was accepted: ${error.message}`)
    })
    if (!restored.ok) throw exitError(1, `file and database disagree: ${JSON.stringify(restored.refusal)}`)
    return restored.value
  } finally {
    await stores.close()
  }
}

async function verify(options: FolderOptions, io: CommandIo): Promise<void> {
  const config = configOrExit()
  const folder = folderOf(options, config.GEGENSTROM_HOME)
  const bar = progressBar(io, 'verifying', 0)
  const result = await verifyJournal(folder, bar.update).catch((error: Error) => {
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
  const copy =
    config.DATABASE_URL === undefined ? 'not checked' : await copyState(folder, config.DATABASE_URL, config.GEGENSTROM_NODE)
  const { entries, segments, head, tornBytes, remarks } = result.value
  io.stdout(
    options.json
      ? `${JSON.stringify({ verified: true, folder, entries, segments, head, tornBytes, remarks, copy })}\n`
      : `verified: ${entries} entries in ${segments} segments, last ${head.hash}; copy in the database: ${copy}${tornBytes === 0 ? '' : `; ${tornBytes} bytes of an unfinished last line belong to no entry`}\n`,
  )
  if (remarks.length > 0) throw exitError(3, remarks.join('\n'))
}

async function copyState(folder: string, url: string, node: string): Promise<string> {
  const stores = openPostgres({ url })
  try {
    const compared = await compareJournalWithCopy(folder, stores.journal, node)
    if (!compared.ok) throw exitError(1, `file and database disagree: ${JSON.stringify(compared.refusal)}`)
    return 'agrees'
  } finally {
    await stores.close()
  }
}
