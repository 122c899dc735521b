// `gegenstrom proof`: the proof of a limit from a running server into a file, and whether such a file is what it was, by its signature and by the journal.
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { chainOfProof, type ProofChain } from '../../adapters/proof-files/proof-chain.ts'
import { checkProofChain } from '../../adapters/journal-file/check-proof-chain.ts'
import { PROOF_FORMATS, type ProofFormat } from '../../domain/ports/answers/proofs.ts'
import { askServer, refusalText, withServer, type ServerOptions } from './api-client.ts'
import { exitError, usageExit, type CommandIo } from './exit.ts'

interface GetOptions extends ServerOptions {
  readonly out?: string
}
interface VerifyOptions {
  readonly signature: string
  readonly key: string
  readonly journal?: string
  readonly archive?: string
  readonly json: boolean
}

/** Adds the commands to a program. End with 0 when done, 1 when refused or not genuine, 2 when called wrongly. */
export function proofCommand(program: Command, io: CommandIo): void {
  const output = { writeOut: io.stdout, writeErr: io.stderr }
  const group = program.command('proof').description('what became of a limit, signed, to be filed')
  group.exitOverride(usageExit).configureOutput(output)
  withServer(group.command('get <id>').description('write the proof of a limit into FILE and its signature into FILE.sig'))
    .option('--out <file>', 'file; its ending says which format: .pdf, .json or .csv (default: ID.pdf)')
    .addHelpText(
      'after',
      '\nExample:\n  gegenstrom proof get night --out night.pdf\n\nThe key needs the role grid, viewer, dispatcher or admin.\n',
    )
    .exitOverride(usageExit)
    .configureOutput(output)
    .action((id: string, options: GetOptions) => getProof(id, options, io))
  withServer(group.command('key').description('print the public key that signatures are checked with'))
    .exitOverride(usageExit)
    .configureOutput(output)
    .action((options: ServerOptions) => printKey(options, io))
  group
    .command('verify <file>')
    .description(
      'check the signature of a proof, and with --journal that the entries it rests on stand in that journal unchanged',
    )
    .requiredOption('--signature <file>', 'signature, as `proof get` writes it')
    .addOption(new Option('--key <file>', 'public key, PEM, as /v1/proof-key has it').makeOptionMandatory())
    .option('--journal <folder>', 'journal folder')
    .option('--archive <folder>', 'where its old segments were moved to')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  gegenstrom proof verify night.pdf --signature night.pdf.sig --key public.pem\n')
    .exitOverride(usageExit)
    .configureOutput(output)
    .action((file: string, options: VerifyOptions) => verifyProof(file, options, io))
}

async function getProof(id: string, options: GetOptions, io: CommandIo): Promise<void> {
  const out = options.out ?? `${id.replaceAll(/[^\w.-]/g, '_')}.pdf`
  const format = formatOf(out)
  const ending = format === 'json' ? '' : `.${format}`
  const answer = await askServer(options, `/v1/signals/${encodeURIComponent(id)}/proof${ending}`)
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  if (answer.signature === null) throw exitError(1, 'the answer has no signature')
  writeFileSync(out, answer.bytes)
  writeFileSync(`${out}.sig`, `${answer.signature}\n`)
  io.stdout(`${out} and ${out}.sig\n`)
}

async function printKey(options: ServerOptions, io: CommandIo): Promise<void> {
  const answer = await askServer(options, '/v1/proof-key')
  if (answer.status !== 200) throw exitError(1, refusalText(answer))
  io.stdout(answer.text)
}

async function verifyProof(file: string, options: VerifyOptions, io: CommandIo): Promise<void> {
  const bytes = contentOf(file)
  const refuse = (detail: string) => {
    if (options.json) io.stdout(`${JSON.stringify({ verified: false, file, detail })}\n`)
    return exitError(1, `${file}: ${detail}`)
  }
  if (!isSigned(bytes, options)) throw refuse('the signature is not one of these bytes by this key')
  const checked = options.journal === undefined ? null : await checkJournal(bytes, formatOf(file), options)
  if (checked?.failure != null) throw refuse(checked.failure)
  const entries = checked?.entries ?? null
  if (options.json) return io.stdout(`${JSON.stringify({ verified: true, file, entries })}\n`)
  const journal = entries === null ? 'the journal was not asked' : `${entries} entries of the journal stand as they were`
  io.stdout(`verified: signed by this key; ${journal}\n`)
}

function isSigned(bytes: Buffer, options: VerifyOptions): boolean {
  const key = attempt(options.key, () => createPublicKey(contentOf(options.key)))
  if (key.asymmetricKeyType !== 'ed25519') throw exitError(2, `--key ${options.key}: no Ed25519 key`)
  return verify(null, bytes, key, Buffer.from(contentOf(options.signature).toString('utf8').trim(), 'base64'))
}

async function checkJournal(
  bytes: Buffer,
  format: ProofFormat,
  { journal, archive }: VerifyOptions,
): Promise<{ readonly entries: number; readonly failure: string | null }> {
  const chain: ProofChain | null = chainOfProof(bytes, format)
  if (chain === null) return { entries: 0, failure: 'it names no entries of a journal' }
  const checked = await checkProofChain(resolve(journal!), chain, archive === undefined ? null : resolve(archive)).catch(
    (error: Error) => {
      throw exitError(1, `${journal}: ${error.message}`)
    },
  )
  return checked.ok ? { entries: checked.value, failure: null } : { entries: 0, failure: checked.refusal }
}

function formatOf(file: string): ProofFormat {
  const found = PROOF_FORMATS.find((format) => extname(file).toLowerCase() === `.${format}`)
  if (found === undefined) throw exitError(2, `${file}: the name has to end with .pdf, .json or .csv`)
  return found
}

function contentOf(file: string): Buffer {
  return attempt(file, () => readFileSync(file))
}

function attempt<Value>(file: string, run: () => Value): Value {
  try {
    return run()
  } catch (error) {
    throw exitError(2, `${file}: ${(error as Error).message}`)
  }
}
