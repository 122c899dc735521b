// `gegenstrom iec104`: points for programs and for documents, and both ends against each other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { runCommandLine } from '../../src/cli.ts'
import { freePort } from '../scenarios/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'iec104-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function begin(...words: string[]) {
  const written = { out: '', err: '' }
  const code = runCommandLine(['iec104', ...words], {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    isTerminal: false,
  })
  return { code, written }
}
async function run(...words: string[]) {
  const { code, written } = begin(...words)
  return { code: await code, ...written }
}
const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('points', () => {
  it('are printed as JSON, and as a table for documents', async () => {
    const file = join(folder, 'iec104.json')
    const pools = [
      { pool: 'NORTH', station: 7, maxMW: 5 },
      { pool: 'SOUTH', station: 8, maxMW: 5 },
    ]
    writeFileSync(file, JSON.stringify({ pools, centres: [{ id: 'tso' }] }))
    const { code, out } = await run('points', '--file', file)
    const printed = JSON.parse(out) as { pools: { pool: string; station: number; commands: { types: string[] }[] }[] }
    expect([code, printed.pools.map(({ pool, station }) => [pool, station])]).toEqual([
      0,
      [
        ['NORTH', 7],
        ['SOUTH', 8],
      ],
    ])
    expect(printed.pools[0]!.commands[0]).toMatchObject({ address: 3_001, types: ['C_SE_NC_1', 'C_SE_TC_1'] })
    const table = (await run('points', '--file', file, '--table')).out
    expect(table).toContain('Pool SOUTH, common address 8')
    expect(table).toContain('| 3002 | participation | C_SC_NA_1, C_SC_TA_1, select before execute |')
  })

  it.each([
    [{ pools: [] }, 'pools'],
    [{ pools: [{ pool: 'A', station: 65_535, maxMW: 1 }] }, 'pools.0.station'],
    [
      {
        pools: [
          { pool: 'A', station: 1, maxMW: 1 },
          { pool: 'B', station: 1, maxMW: 1 },
        ],
      },
      'a common address stands there twice',
    ],
    [{ pools: [{ pool: 'A', station: 1, maxMW: 1 }], link: { t2Seconds: 20 } }, 't2 is 20000 ms'],
    [{ pools: [{ pool: 'A', station: 1, maxMW: 1 }], zone: 'Mars' }, 'is utc or a zone'],
  ])('of a file that cannot be end with 2 and say why: %j', async (content, reason) => {
    const file = join(folder, 'odd.json')
    writeFileSync(file, JSON.stringify({ centres: [{ id: 'tso' }], ...content }))
    const { code, err } = await run('points', '--file', file)
    expect([code, err]).toEqual([2, expect.stringContaining(reason)])
  })
})

describe('both ends', () => {
  it('speak with each other: a set-point is confirmed, what is too much is refused', async () => {
    const port = await freePort()
    const serving = begin('serve', '--port', String(port), '--plain', '--max-mw', '1', '--for', '120s')
    await vi.waitFor(() => expect(serving.written.out).toContain('"monitored"'), { timeout: 30_000 })
    const to = ['centre', '--connect', `127.0.0.1:${port}`, '--plain', '--for', '1s']
    const led = await run(...to, '--set-point', '0.5')
    const heard = lines(led.out)
    expect([led.code, led.err]).toEqual([0, ''])
    expect(heard.filter(({ type }) => type === 'C_SE_TC_1').map(({ cause }) => cause)).toEqual([
      'activationConfirmation',
      'activationTermination',
    ])
    expect(await run(...to, '--set-point', '1.5')).toMatchObject({ code: 1, err: 'the set-point was refused\n' })
    expect(await run(...to, '--participation', 'off')).toMatchObject({ code: 0 })
    expect(await run(...to, '--set-point', '0.5')).toMatchObject({ code: 1, err: 'the set-point was refused\n' })
    expect(serving.written.out).toContain('"reason":"the pool does not take part"')
    process.emit('SIGTERM', 'SIGTERM')
    expect(await serving.code).toBe(0)
  })

  it('end with 2 without certificates, and with 1 where nobody listens', async () => {
    expect(await run('serve', '--port', '0')).toMatchObject({ code: 2, err: expect.stringContaining('--cert') })
    expect(await run('centre', '--connect', '127.0.0.1:1', '--plain')).toMatchObject({ code: 1 })
    expect(await run('centre', '--connect', 'nowhere', '--plain')).toMatchObject({ code: 2 })
  })
})
