// `gegenstrom key`: makes, lists and revokes the API keys of people and programs. A running backend takes changes up within seconds.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { createApiKey, idOfSecret, type StoredKey } from '../../adapters/wire/api-key.ts'
import { parseInstant } from '../../adapters/wire/rfc3339.ts'
import { ROLES, type Role } from '../../domain/registry/asker.ts'
import { id, type TenantId } from '../../domain/registry/identity.ts'
import { instantText } from '../../domain/time/slot.ts'
import { addApiKey, KEY_NAME, readApiKeys, removeApiKey, vehiclesFault } from '../files/api-keys-file.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'
import { readInput } from './input-file.ts'
import { configOrExit } from './config-or-exit.ts'

interface CreateOptions {
  readonly name: string
  readonly role: Role
  readonly vehicle: readonly string[]
  readonly tenant?: string
  readonly expires?: number
  readonly registry?: string
}

/** Adds the command to a program. */
export function keyCommand(program: Command, io: CommandIo): void {
  const key = program
    .command('key')
    .description('API keys of people and programs, kept in the registry file')
    .exitOverride(usageExit)
  key
    .command('create')
    .description('make a key; its secret is printed once and kept nowhere')
    .requiredOption('--name <text>', 'who holds it, for lists and the log', keyName)
    .addOption(new Option('--role <role>', 'what the holder may do').choices(ROLES).makeOptionMandatory())
    .option('--vehicle <id...>', 'vehicles a driver may see and change; once or several times', [])
    .option('--tenant <id>', 'tenant of the registry whose things alone the holder may know of; without it those of all')
    .option('--expires <instant>', 'when it ends, RFC 3339; without it never', laterInstant)
    .addOption(registryOption())
    .addHelpText(
      'after',
      [
        '\nThe secret is all there is on stdout. GEGENSTROM_SECRET has to be the one `serve` runs with.',
        'Examples:',
        '  $ gegenstrom key create --name "control room" --role dispatcher --registry registry.json',
        '  $ gegenstrom key create --name anna --role driver --vehicle car-17 --expires 2027-01-01T00:00:00Z > anna.key\n',
      ].join('\n'),
    )
    .exitOverride(usageExit)
    .action((options: CreateOptions) => create(options, io))
  key
    .command('list')
    .description('keys by name, role and end; never their secrets')
    .option('--json', 'print one JSON object', false)
    .addOption(registryOption())
    .addHelpText('after', '\nExample:\n  $ gegenstrom key list --json\n')
    .exitOverride(usageExit)
    .action((options: { json: boolean; registry?: string }) => list(options, io))
  key
    .command('revoke')
    .description('take a key out; whoever holds it is sent away within seconds')
    .argument('<id>', 'id as `key list` shows it')
    .addOption(registryOption())
    .addHelpText('after', '\nExample:\n  $ gegenstrom key revoke 0f3c5b7a9d1e2468\n')
    .exitOverride(usageExit)
    .action((id: string, options: { registry?: string }) => revoke(id, options, io))
}

async function create({ name, role, vehicle, tenant, expires, registry }: CreateOptions, io: CommandIo): Promise<void> {
  const vehicles = [...new Set(vehicle)]
  const fault = vehiclesFault(role, vehicles)
  if (fault !== null) throw exitError(2, `--vehicle: ${fault}`)
  const config = configOrExit()
  if (config.GEGENSTROM_SECRET === undefined)
    throw exitError(2, 'GEGENSTROM_SECRET is missing: set the one `serve` runs with; keys made with another one let nobody in')
  const path = registryOf(registry)
  const { secret, stored } = createApiKey(
    {
      name,
      role,
      vehicles,
      ...(tenant === undefined ? {} : { tenant: id<TenantId>(tenant) }),
      createdAt: Date.now(),
      expiresAt: expires ?? null,
    },
    config.GEGENSTROM_SECRET,
  )
  const { isNewFile } = await addApiKey(path, stored)
  io.stdout(`${secret}\n`)
  io.stderr(
    [
      ...(isNewFile ? [`${path} was not there and was made; it holds keys only, no stations and cars`] : []),
      `key ${stored.id} of ${name} as ${role}${endOf(stored)} stands in ${path}; a running \`serve\` takes it up within 5 s`,
      'the secret stands on stdout, this once: it is kept nowhere and cannot be shown again',
      'use it as `Authorization: Bearer SECRET`, as GEGENSTROM_KEY, or type it into the page when it asks for a key',
      '',
    ].join('\n'),
  )
}

async function list({ json, registry }: { json: boolean; registry?: string }, io: CommandIo): Promise<void> {
  const keys = await keysOf(registryOf(registry))
  const now = Date.now()
  const isOver = ({ expiresAt }: StoredKey) => expiresAt !== null && expiresAt <= now
  if (json) {
    const told = keys.map((key) => {
      const { id, name, role, vehicles, tenant, createdAt, expiresAt } = key
      const until = expiresAt === null ? null : instantText(expiresAt)
      const confined = tenant === undefined ? {} : { tenant }
      return {
        id,
        name,
        role,
        vehicles,
        ...confined,
        createdAt: instantText(createdAt),
        expiresAt: until,
        expired: isOver(key),
      }
    })
    return io.stdout(`${JSON.stringify({ keys: told }, null, 2)}\n`)
  }
  if (keys.length === 0) io.stderr('there is no key yet: make one with `gegenstrom key create`\n')
  for (const key of keys)
    io.stdout(
      `${key.id}  ${key.role.padEnd(10)}  made ${instantText(key.createdAt)}  ${isOver(key) ? 'EXPIRED' : `in force${endOf(key)}`}  ${[key.name, ...key.vehicles].join('  ')}\n`,
    )
}

async function revoke(given: string, { registry }: { registry?: string }, io: CommandIo): Promise<void> {
  const path = registryOf(registry)
  // Whoever gives the whole secret means its key; it is not repeated anywhere.
  const id = idOfSecret(given) ?? given
  const known = (await keysOf(path)).find((key) => key.id === id)
  if (known === undefined || !(await removeApiKey(path, id)))
    throw exitError(1, `${path} has no key ${id.length > 16 ? 'of that id' : id}: \`gegenstrom key list\` shows which there are`)
  io.stderr(`key ${id} of ${known.name} is revoked; a running \`serve\` refuses it within 5 s\n`)
}

async function keysOf(path: string): Promise<readonly StoredKey[]> {
  return [...readApiKeys(path, new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readInput(path))).values()]
}

function registryOption(): Option {
  return new Option('--registry <file>', 'registry file; without it REGISTRY_FILE')
}
function registryOf(given: string | undefined): string {
  // Who names the file can revoke a key whatever else is wrong with the configuration.
  const path = given ?? configOrExit().REGISTRY_FILE
  if (path === undefined) throw exitError(2, 'which file? give --registry or set REGISTRY_FILE')
  return path
}

function endOf({ expiresAt }: StoredKey): string {
  return expiresAt === null ? '' : ` until ${instantText(expiresAt)}`
}

function keyName(text: string): string {
  if (!KEY_NAME.test(text)) throw new InvalidArgumentError('1 to 64 printable characters')
  return text
}
function laterInstant(text: string): number {
  const at = parseInstant(text)
  if (at === null) throw new InvalidArgumentError('an RFC 3339 instant such as 2027-01-01T00:00:00Z')
  if (at <= Date.now()) throw new InvalidArgumentError('an instant to come')
  return at
}
