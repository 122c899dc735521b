// Both ends of LPC and LPP as processes of their own, as people start them: paired by SKI, killed and started again.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { freePort, run, start, type Program } from './processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'eebus-'))
const homes = { hems: join(folder, 'hems'), guard: join(folder, 'guard') }
const programs: Program[] = []
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.end('SIGKILL')))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Line {
  readonly at: string
  readonly event: string
  readonly direction: string | null
  readonly state: string | null
  readonly limitW: number | null
}
const lines = (program: Program) =>
  program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)

function begin(words: string): Program {
  const program = start(['eebus', ...words.split(' ')])
  programs.push(program)
  return program
}
/** Until a process has told of an event. */
const told = (program: Program, event: Partial<Line>) =>
  vi.waitFor(() => expect(lines(program)).toContainEqual(expect.objectContaining(event)), { timeout: 120_000, interval: 50 })

async function paired() {
  const [hems, guard] = await Promise.all(
    Object.values(homes).map(async (home) => (await run(['eebus', 'ski', '--home', home])).stdout.trim()),
  )
  return { hems: hems!, guard: guard! }
}

describe('limits between two processes', () => {
  it('pair by SKI, hold, and come again after either process was killed', { timeout: 600_000 }, async () => {
    const ski = await paired()
    expect(ski.hems).toMatch(/^[0-9a-f]{40}$/)
    expect((await run(['eebus', 'ski', '--home', homes.hems])).stdout.trim()).toBe(ski.hems)
    const port = String(await freePort())
    const hems = () => begin(`hems --home ${homes.hems} --host 127.0.0.1 --port ${port} --trust ${ski.guard} --production-w 9000`)
    const guard = (limit: string) =>
      begin(
        `guard --home ${homes.guard} --connect wss://127.0.0.1:${port}/ship/ --trust ${ski.hems} --limit-w ${limit} --production-w 2000 --failsafe-w 3500`,
      )
    const first = hems()
    await told(first, { event: 'ready', direction: 'consume', state: 'init', limitW: 4_200 })
    const guarding = guard('5000')
    await told(first, { event: 'limit-accepted', direction: 'consume', state: 'limited', limitW: 5_000 })
    await told(first, { event: 'limit-accepted', direction: 'produce', state: 'limited', limitW: -2_000 })
    await told(guarding, { event: 'limit-accepted', direction: 'consume', state: 'limited', limitW: 5_000 })
    await told(guarding, { event: 'failsafe-accepted', direction: 'consume' })

    await first.end('SIGKILL')
    const second = hems()
    // What a guard has written is there after a restart.
    await told(second, { event: 'ready', direction: 'consume', state: 'init', limitW: 3_500 })
    await told(second, { event: 'limit-accepted', direction: 'consume', state: 'limited', limitW: 5_000 })

    await guarding.end('SIGKILL')
    const again = guard('1000')
    await told(second, { event: 'limit-changed', direction: 'consume', state: 'limited', limitW: 1_000 })
    for (const program of [again, second]) expect(await program.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
  })
})
