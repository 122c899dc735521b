// `gegenstrom asyncapi`: the document of the door of energy managers, generated from the schemas that check their messages.
import type { Command } from 'commander'
import { asyncApiDocument } from '../../adapters/mqtt-hems/async-api.ts'
import { usageExit, type CommandIo } from './exit.ts'

/** Adds the command to a program. */
export function asyncApiCommand(program: Command, io: CommandIo): void {
  program
    .command('asyncapi')
    .description('print the AsyncAPI 3.0 document of energy managers over MQTT')
    .addHelpText('after', '\nExample:\n  $ gegenstrom asyncapi > asyncapi.json\n')
    .exitOverride(usageExit)
    .action(() => io.stdout(`${JSON.stringify(asyncApiDocument(), null, 2)}\n`))
}
