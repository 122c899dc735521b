// Proofs of limits: made from the journal, as JSON, CSV and PDF, each with a signature over its bytes.
import { z } from 'zod'
import { PROOF_FORMATS, type ProofFile, type ProofFormat } from '../../../domain/ports/answers/proofs.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { problem } from '../../wire/problem.ts'
import { fromStore } from '../operator/store-access.ts'
import type { RestPorts } from '../ports.ts'
import { ALL_ROLES, GRID_OPERATORS_AND_VIEWERS, route, type Route } from '../route.ts'
import { name } from '../trader/portfolio-path.ts'
import { proofSchema } from './proof-schema.ts'

const TYPES: Record<ProofFormat, string> = { json: 'application/json', csv: 'text/csv', pdf: 'application/pdf' }
const signalPath = z.object({ signal: name.meta({ description: 'Your name for the signal' }) })
const DESCRIPTION =
  'Made from the journal: instants from receipt to release, what was measured against the limit, who did not follow and why, and the entries of the journal it rests on. The header `Proof-Signature` is Ed25519 over the very bytes of the body, base64. Of a limit that is over, the bytes stay the same.'

/** Routes of proofs. */
export function proofRoutes(ports: Pick<RestPorts, 'proofs'>): readonly Route[] {
  const fileOf = async (asker: Asker, signal: string, format: ProofFormat): Promise<ProofFile> => {
    const file = await fromStore(ports.proofs.proof(asker, signal, format))
    if (file === null) throw problem('not-found', 'there is no limit of that name, or none that a proof can be made of')
    return file
  }
  const proofRoute = (format: ProofFormat, path: string, summary: string) =>
    route({
      method: 'get',
      path,
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Signals',
      summary,
      description: DESCRIPTION,
      pathSchema: signalPath,
      ...(format === 'json' ? { answerSchema: proofSchema } : { answerSchema: null, answerType: TYPES[format] }),
      answerHeaders: ['Proof-Signature'],
      problems: ['not-found', 'unavailable'],
      async handle({ path: { signal }, asker, accept }) {
        const wanted = format === 'json' ? acceptedFormat(accept) : format
        const { bytes, signature } = await fileOf(asker, signal, wanted)
        return { body: bytes, type: TYPES[wanted], headers: { 'Proof-Signature': signature, Vary: 'Accept' } }
      },
    })
  return [
    proofRoute('json', '/v1/signals/{signal}/proof', 'Proof of a limit as JSON; CSV or PDF where `Accept` asks for it'),
    proofRoute('csv', '/v1/signals/{signal}/proof.csv', 'Proof of a limit as CSV'),
    proofRoute('pdf', '/v1/signals/{signal}/proof.pdf', 'Proof of a limit as PDF, to be filed'),
    route({
      method: 'get',
      path: '/v1/signals/{signal}/proof/signature',
      access: GRID_OPERATORS_AND_VIEWERS,
      tag: 'Signals',
      summary: 'Signature of a proof as a file has it now: Ed25519 over its bytes, base64',
      pathSchema: signalPath,
      querySchema: z.strictObject({ format: z.enum(PROOF_FORMATS).default('json') }),
      answerSchema: null,
      answerType: 'text/plain',
      problems: ['not-found', 'unavailable'],
      async handle({ path, query, asker }) {
        return { body: `${(await fileOf(asker, path.signal, query.format)).signature}\n`, type: 'text/plain' }
      },
    }),
    route({
      method: 'get',
      path: '/v1/proof-key',
      access: ALL_ROLES,
      tag: 'Signals',
      summary: 'The public key that signatures of proofs are checked with, PEM',
      answerSchema: null,
      answerType: 'application/x-pem-file',
      handle: () => ({ body: ports.proofs.proofKey(), type: 'application/x-pem-file' }),
    }),
  ]
}

/** The first of our types that a client names; JSON where it names none of them. */
function acceptedFormat(accept: string | null): ProofFormat {
  const types = (accept ?? '').split(',').map((part) => part.split(';')[0]!.trim())
  const found = types.find((type) => Object.values(TYPES).includes(type))
  return PROOF_FORMATS.find((format) => TYPES[format] === found) ?? 'json'
}
