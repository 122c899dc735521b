// `gegenstrom openapi`: the API document, generated from the schemas that check requests.
import type { Command } from 'commander'
import { openApiDocument } from '../../adapters/rest/open-api.ts'
import { usageExit, type CommandIo } from './exit.ts'

/** Adds the command to a program. */
export function openApiCommand(program: Command, io: CommandIo): void {
  program
    .command('openapi')
    .description('print the OpenAPI 3.1 document of the REST API')
    .addHelpText('after', '\nExample:\n  $ gegenstrom openapi > openapi.json\n')
    .exitOverride(usageExit)
    .action(() => io.stdout(`${JSON.stringify(openApiDocument(), null, 2)}\n`))
}
