// `gegenstrom journal verify`: is the record whole, and does the database hold the same?
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { compareJournalWithCopy } from '../../adapters/journal-file/compare-with-copy.ts'
import { verifyJournal } from '../../adapters/journal-file/verify-journal.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { homeFolders } from '../compose.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { progressBar } from './progress-bar.ts'
import { configOrExit } from './serve.ts'

/** Adds the command to a program. */
export function journalCommand(program: Command, io: CommandIo): void {
  program
    .command('journal')
    .description('the record of what was received, ordered and measured')
    .command('verify')
    .description('check the hash chain of the journal file, and the copy in the database where one is configured')
    .option('--folder <folder>', 'journal folder; default: the one of GEGENSTROM_HOME')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  $ gegenstrom journal verify --json\n')
    .exitOverride(usageExit)
    .action((options: { folder?: string; json: boolean }) => verify(options, io))
}

async function verify(options: { folder?: string; json: boolean }, io: CommandIo): Promise<void> {
  const config = configOrExit()
  const folder = resolve(options.folder ?? homeFolders(config.GEGENSTROM_HOME).journal)
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
  const { entries, segments, head, tornBytes } = result.value
  io.stdout(
    options.json
      ? `${JSON.stringify({ verified: true, folder, entries, segments, head, tornBytes, copy })}\n`
      : `verified: ${entries} entries in ${segments} segments, last ${head.hash}; copy in the database: ${copy}${tornBytes === 0 ? '' : `; ${tornBytes} bytes of an unfinished last line belong to no entry`}\n`,
  )
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
