// The program itself between a control centre and twenty stations: a set-point over mutual TLS, killed while it is in force, started again, held and left in order (F31, interface 25).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { POOL_POINTS } from '../../adapters/iec104/pool/pool-points.ts'
import { twinFleet } from '../../adapters/twin/twin-fleet.ts'
import { testAuthority } from './authority.ts'
import { clockAhead } from '../bench/service/server-process.ts'
import { freePort, run, start, type Program } from './processes.ts'

const STATIONS = 20
const DAY_MS = 24 * 3_600_000
/** All clocks stand at eight in the evening: in the morning nearly all cars are full, or have to be charged at once. */
const aheadMs = (DAY_MS + 20 * 3_600_000 - (Date.now() % DAY_MS)) % DAY_MS
const authority = testAuthority()

describe('a restart while a set-point is in force', () => {
  if (authority === null) return it.skip('no openssl command', () => {})
  const folder = mkdtempSync(join(tmpdir(), 'iec104-'))
  const programs: Program[] = []
  afterAll(async () => {
    for (const { child, end } of programs) if (child.exitCode === null && child.signalCode === null) await end('SIGKILL')
    authority.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const begin = (words: readonly string[], variables: Record<string, string>) => {
    const program = start(words, { ...variables, NODE_OPTIONS: `--import ${clockAhead(aheadMs)}` })
    programs.push(program)
    return program
  }
  const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 120_000, interval: 250 })

  it('it is held, told as not topical, ramped, and over', async () => {
    const [own, tso] = [authority.issue('station'), authority.issue('tso')]
    const [http, port] = [await freePort(), await freePort()]
    const registry = join(folder, 'registry.json')
    expect(await run(['twin', '--stations', String(STATIONS), '--seed', '7', '--registry', registry])).toMatchObject({ code: 0 })
    const pool = twinFleet({ seed: '7', stations: STATIONS, from: Date.now() }).registry.pools[0]!.id
    const file = join(folder, 'iec104.json')
    writeFileSync(
      file,
      JSON.stringify({
        pools: [{ pool, station: 1, maxMW: 1, silenceSeconds: 5, holdSeconds: 5, rampSeconds: 5 }],
        centres: [{ id: 'tso', fingerprints: [tso.fingerprint] }],
      }),
    )
    const variables = {
      GEGENSTROM_SECRET: 'a pepper for a restart, in tests only',
      GEGENSTROM_HOME: join(folder, 'home'),
      OCPP_ALLOW_INSECURE: 'lab',
      HTTP_PORT: String(http),
      REGISTRY_FILE: registry,
      IEC104_PORT: String(port),
      IEC104_FILE: file,
      IEC104_CERT_FILE: own.certFile,
      IEC104_KEY_FILE: own.keyFile,
      IEC104_CA_FILE: join(dirname(own.certFile), 'root.pem'),
    }
    const ask = async (path: string) => (await (await fetch(`http://127.0.0.1:${http}${path}`)).json()) as Record<string, unknown>
    const signal = async () => ask(`/v1/signals/iec104.${pool}`)
    const served = (program: Program) => eventually(() => expect(program.output()).toContain('http://'))
    const tls = ['--cert', tso.certFile, '--key', tso.keyFile, '--ca', authority.caFile]
    const centreWords = ['iec104', 'centre', '--connect', `localhost:${port}`, ...tls]

    const first = begin(['serve'], variables)
    await served(first)
    begin(['twin', '--url', `ws://127.0.0.1:${http}`, '--stations', String(STATIONS), '--seed', '7'], variables)
    await eventually(async () => expect((await ask('/v1/pool'))['stationsConnected']).toBe(STATIONS))
    const leading = begin([...centreWords, '--set-point', '-0.02', '--repeat', '1s', '--for', '10m'], {})
    await eventually(async () => {
      expect(await signal()).toMatchObject({ rank: 'activation', state: 'in-force', authority: 'tso' })
      expect(leading.output()).toContain('"cause":"activationTermination"')
      expect(leading.output()).toContain('"cause":"periodic"')
    })
    await eventually(async () => expect(JSON.stringify(await ask('/v1/stations?limit=100'))).toContain('activation of its pool'))
    expect((await first.end('SIGKILL')).signal).toBe('SIGKILL')
    // Its station is gone: a centre for trials ends with that.
    expect((await leading.ended).code).toBe(1)

    const second = begin(['serve'], variables)
    await served(second)
    const watching = begin([...centreWords, '--for', '10m'], {})
    const last = (address: number) =>
      watching
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .flatMap(
          (line) => (JSON.parse(line) as { points?: { address: number; value: number; quality?: string[] }[] }).points ?? [],
        )
        .findLast((point) => point.address === address)
    await eventually(() => expect(last(POOL_POINTS.setPoint)).toBeDefined())
    // Over in the end, whatever was seen on the way: the pool follows its plans again, and the echo says nothing.
    await eventually(async () => {
      expect((await signal())['state']).not.toBe('in-force')
      expect(last(POOL_POINTS.following)?.value).toBe(0)
      expect(last(POOL_POINTS.setPoint)?.quality).toEqual(['IV'])
    })
    expect(second.output()).toContain('iec104: set-point-ramped')
    expect(await second.end('SIGTERM')).toMatchObject({ code: 0 })
  })
})
