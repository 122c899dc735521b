// The EEBUS commands about houses and cars, in the group of EEBUS commands; the group is made where nobody else has.
import type { Command } from 'commander'
import { eebusHouse } from './eebus-house.ts'
import { eebusWatch } from './eebus-watch.ts'
import { usageExit, type CommandIo } from './exit.ts'

/** Adds the commands to a program. */
export function eebusWatchingCommand(program: Command, io: CommandIo): void {
  const group = program.commands.find((one) => one.name() === 'eebus') ?? newGroup(program)
  eebusWatch(group, io)
  eebusHouse(group, io)
}

function newGroup(program: Command): Command {
  return program.command('eebus').description('devices that speak EEBUS').exitOverride(usageExit)
}
