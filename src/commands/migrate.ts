// `gegenstrom migrate`: brings the database to the newest schema.
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { openPglite } from '../../adapters/postgres/open-pglite.ts'
import { openPostgres } from '../../adapters/postgres/open-postgres.ts'
import { homeFolders } from '../files/home-folders.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { configOrExit } from './config-or-exit.ts'

/** Adds the command to a program. */
export function migrateCommand(program: Command, io: CommandIo): void {
  program
    .command('migrate')
    .description('bring the database to the newest schema')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  $ DATABASE_URL=postgres://root@127.0.0.1:5432/gegenstrom gegenstrom migrate\n')
    .exitOverride(usageExit)
    .action(async ({ json }: { json: boolean }) => {
      const config = configOrExit()
      const embedded = homeFolders(resolve(config.GEGENSTROM_HOME)).database
      const stores =
        config.DATABASE_URL === undefined ? await openPglite({ folder: embedded }) : openPostgres({ url: config.DATABASE_URL })
      try {
        const steps = await stores.migrate().catch((error: Error) => {
          throw exitError(1, `the database was not changed: ${error.message}`)
        })
        io.stdout(
          json
            ? `${JSON.stringify({ database: config.DATABASE_URL === undefined ? 'embedded' : 'postgresql', steps })}\n`
            : steps.length === 0
              ? 'nothing to do\n'
              : `${steps.join('\n')}\n`,
        )
      } finally {
        await stores.close()
      }
    })
}
