// Proofs over a journal: whoever may not know of a limit gets none of its proof, many who ask at once get the same, and what is not durable yet proves nothing.
import { verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { THE_PROCESS } from '../../../domain/registry/asker.ts'
import { proofAnswers } from '../../../src/answers/proofs.ts'
import { passingProofKey } from '../../../src/files/proof-key.ts'
import { chained, OBEYED, standing } from '../../domain/proof/recorded-limit.ts'

const entries = chained(OBEYED)
function answersOver(durable: number, isKnown = true) {
  let reads = 0
  const answers = proofAnswers({
    journal: {
      async *read(after) {
        reads++
        yield* entries.slice(after)
      },
      durableHead: () => ({ sequence: durable, hash: entries[durable - 1]!.hash }),
    },
    mayKnow: () => isKnown,
    standingOf: (id) => (id === 'night' ? standing() : null),
    key: passingProofKey(),
    track: (work) => work,
  })
  return { answers, reads: () => reads }
}
const chainOf = (bytes: Uint8Array) =>
  (JSON.parse(Buffer.from(bytes).toString()) as { chain: { last: { sequence: number } } }).chain.last.sequence

describe('answers about proofs', () => {
  it('are signed over their bytes', async () => {
    const { answers } = answersOver(entries.length)
    for (const format of ['json', 'csv', 'pdf'] as const) {
      const { bytes, signature } = (await answers.proof(THE_PROCESS, 'night', format))!
      expect(verify(null, bytes, answers.proofKey(), Buffer.from(signature, 'base64'))).toBe(true)
    }
  })

  it('are none for a limit that is unknown, and for whoever may not know of it', async () => {
    expect(await answersOver(entries.length).answers.proof(THE_PROCESS, 'other', 'json')).toBeNull()
    const { answers, reads } = answersOver(entries.length, false)
    expect(await answers.proof(THE_PROCESS, 'night', 'json')).toBeNull()
    expect(reads()).toBe(0)
  })

  it('read the journal once for all who ask at the same time', async () => {
    const { answers, reads } = answersOver(entries.length)
    const files = await Promise.all(Array.from({ length: 20 }, () => answers.proof(THE_PROCESS, 'night', 'json')))
    expect(reads()).toBe(1)
    expect(new Set(files.map((file) => file!.signature)).size).toBe(1)
  })

  it('rest on durable entries only', async () => {
    const { bytes } = (await answersOver(9).answers.proof(THE_PROCESS, 'night', 'json'))!
    expect(chainOf(bytes)).toBe(9)
  })
})
