// `gegenstrom account`: local accounts of people, for installations without an identity provider and for the day it is away.
import { Option, type Command } from 'commander'
import { PASSWORD_MAX, PASSWORD_MIN, storedPassword } from '../../adapters/sign-in/passwords.ts'
import { ROLES, type Role } from '../../domain/registry/asker.ts'
import { KEY_NAME, vehiclesFault } from '../files/api-keys-file.ts'
import { putAccount, readAccounts, removeAccount } from '../files/accounts-file.ts'
import { configOrExit } from './config-or-exit.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readInput } from './input-file.ts'

interface SetOptions {
  readonly role: Role
  readonly tenant?: string
  readonly vehicle: readonly string[]
  readonly accounts?: string
  readonly passwordFile: string
}

/** Adds the command to a program. */
export function accountCommand(program: Command, io: CommandIo): void {
  const command = program
    .command('account')
    .description('local accounts of people, kept in a file of their own')
    .exitOverride(usageExit)
  command
    .command('set')
    .description('make an account, or give it another password or role')
    .argument('<name>', 'who signs in')
    .addOption(new Option('--role <role>', 'what they may do').choices(ROLES).makeOptionMandatory())
    .option('--tenant <id>', 'tenant whose things alone they may know of; without it those of all')
    .option('--vehicle <id...>', 'vehicles a driver may see and change', [])
    .option('--password-file <path>', 'file that holds the password; `-` reads standard input', '-')
    .addOption(fileOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ read -rs P && printf %s "$P" | gegenstrom account set ada --role dispatcher --accounts accounts.json\n',
    )
    .exitOverride(usageExit)
    .action((name: string, options: SetOptions) => set(name, options, io))
  command
    .command('list')
    .description('accounts by name and role; never their hashes')
    .addOption(fileOption())
    .exitOverride(usageExit)
    .action((options: { accounts?: string }) => list(options, io))
  command
    .command('remove')
    .description('take an account out; whoever is signed in with it stays until their session ends')
    .argument('<name>', 'as `account list` shows it')
    .addOption(fileOption())
    .exitOverride(usageExit)
    .action((name: string, options: { accounts?: string }) => remove(name, options, io))
}

async function set(name: string, options: SetOptions, io: CommandIo): Promise<void> {
  const path = pathOf(options)
  if (!KEY_NAME.test(name)) throw exitError(2, 'a name is 1 to 64 printable characters')
  const vehicles = [...new Set(options.vehicle)]
  const fault = vehiclesFault(options.role, vehicles)
  if (fault !== null) throw exitError(2, `--vehicle: ${fault}`)
  const password = await passwordOf(options.passwordFile)
  if (password.length < PASSWORD_MIN || password.length > PASSWORD_MAX)
    throw exitError(2, `a password has ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`)
  if (password.toLowerCase().includes(name.toLowerCase())) throw exitError(2, 'a password does not hold the name')
  const { role, tenant } = options
  const confined = tenant === undefined ? {} : { tenant }
  const stored = await storedPassword(password)
  told(() => putAccount(path, { name, role, vehicles, ...confined, password: stored }))
  io.stderr(`${name} signs in as ${role} from now on\n`)
}

async function passwordOf(file: string): Promise<string> {
  if (file !== '-') return firstLine(Buffer.from(await readInput(file)).toString())
  let text = ''
  for await (const part of process.stdin) if ((text += String(part)).length > 4 * PASSWORD_MAX) break
  return firstLine(text)
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!
}

function list(options: { accounts?: string }, io: CommandIo): void {
  const accounts = told(() => readAccounts(pathOf(options)))
  for (const { name, role, tenant } of accounts) io.stdout(`${[name, role, tenant ?? '-'].join('\t')}\n`)
}

function remove(name: string, options: { accounts?: string }, io: CommandIo): void {
  if (!told(() => removeAccount(pathOf(options), name))) throw exitError(1, `there is no account ${name}`)
  io.stderr(`${name} cannot sign in any more\n`)
}

function fileOption(): Option {
  return new Option('--accounts <path>', 'file of the accounts; without it ACCOUNTS_FILE')
}

function pathOf({ accounts = configOrExit().ACCOUNTS_FILE }: { readonly accounts?: string }): string {
  if (accounts === undefined || accounts === '') throw exitError(2, 'say which file: --accounts or ACCOUNTS_FILE')
  return accounts
}

function told<Value>(run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    throw exitError(1, (error as Error).message)
  }
}
