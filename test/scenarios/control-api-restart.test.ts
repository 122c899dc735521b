// The program is killed between a command and its answers: what was accepted still holds after the next start, is told, and a repetition is still the same command.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { partnerEnd, type PartnerEnd } from '../../adapters/control-api/client.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { checkDigit } from '../../domain/registry/location-id.ts'
import { testAuthority } from './authority.ts'
import { freePort, start, type Program } from './processes.ts'

const authority = testAuthority()
const OPERATOR = '9900357000004'
const LOCATION = `E000000001${checkDigit('E000000001')}`

describe('a restart between command and answer', () => {
  if (authority === null) return it.skip('no openssl command', () => {})
  const folder = mkdtempSync(join(tmpdir(), 'control-'))
  const programs: Program[] = []
  let operator: PartnerEnd | null = null
  afterAll(async () => {
    for (const { child, end } of programs) if (child.exitCode === null && child.signalCode === null) await end('SIGKILL')
    await operator?.close()
    authority.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('the command holds, its answers are told, and once more is once', async () => {
    const [own, known] = [authority.issue('own'), authority.issue('operator')]
    const [http, control, back] = [await freePort(), await freePort(), await freePort()]
    const { registry } = twinFleet({ seed: '1', stations: 2, from: Date.now() })
    const [first, ...others] = registry.sites
    const sites = [{ ...first, locations: [LOCATION] }, ...others]
    writeFileSync(join(folder, 'registry.json'), JSON.stringify({ ...registry, sites }))
    const partner = { id: OPERATOR, name: 'Netz', fingerprints: [known.fingerprint], url: `https://localhost:${back}` }
    writeFileSync(join(folder, 'partners.json'), JSON.stringify({ partners: [partner] }))
    const variables = {
      GEGENSTROM_SECRET: 'a pepper for a restart, in tests only',
      GEGENSTROM_HOME: join(folder, 'home'),
      OCPP_ALLOW_INSECURE: 'lab',
      HTTP_PORT: String(http),
      REGISTRY_FILE: join(folder, 'registry.json'),
      CONTROL_API_PORT: String(control),
      CONTROL_API_PARTNERS_FILE: join(folder, 'partners.json'),
      CONTROL_API_CERT_FILE: own.certFile,
      CONTROL_API_KEY_FILE: own.keyFile,
      CONTROL_API_CA_FILE: authority.caFile,
    }
    const begin = async () => {
      const program = start(['serve'], variables)
      programs.push(program)
      await vi.waitFor(() => expect(program.output()).toContain('http://'), { timeout: 240_000, interval: 100 })
      return program
    }
    const signals = async () => {
      const answer = await fetch(`http://127.0.0.1:${http}/v1/signals`)
      return ((await answer.json()) as { signals: { maxW: number; state: string; reference: string; receivedAt: string }[] })
        .signals
    }
    const transactionId = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'
    const now = () => Date.now()
    operator = await partnerEnd({ tls: known, url: `https://localhost:${control}`, now, port: back })
    await operator.close()
    const program = await begin()
    const from = now()
    expect((await operator.limit(LOCATION, { watts: 4_200, from }, { transactionId })).status).toBe(202)
    await program.end('SIGKILL')

    operator = await partnerEnd({ tls: known, url: `https://localhost:${control}`, now, port: back })
    await begin()
    const before = await signals()
    expect(before).toMatchObject([{ maxW: 4_200, state: 'in-force', reference: `${LOCATION} ${transactionId}` }])
    const paths = () => operator!.received.map(({ path, query }) => [path, query['referenceId']])
    await vi.waitFor(
      () =>
        expect(paths()).toEqual([
          ['vorlaeufigePositiveAntwort', transactionId],
          ['positiveAntwort', transactionId],
        ]),
      { timeout: 30_000, interval: 100 },
    )
    const retry = { transactionId: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf7', initialTransactionId: transactionId }
    expect((await operator.limit(LOCATION, { watts: 4_200, from }, retry)).status).toBe(202)
    expect(await signals()).toEqual(before)
    expect(operator.received).toHaveLength(2)
  })
})
