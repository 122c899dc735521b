// Signals by hand: set, replaced, listed and withdrawn from the command line of a running server.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { instantText } from '../../domain/time/slot.ts'
import { runCommandLine } from '../../src/cli.ts'
import { forget, openLab, type PushLab } from '../adapters/webhooks/push-lab.ts'

let lab: PushLab
async function run(...words: string[]) {
  const written = { out: '', err: '' }
  const code = await runCommandLine(['signal', ...words, '--url', `http://127.0.0.1:${lab.running.address.port}`], {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    isTerminal: false,
  })
  return { code, ...written }
}
beforeAll(async () => {
  lab = await openLab({ at: Date.now() })
})
afterAll(async () => {
  await lab.stop()
  forget(lab)
})

it('sets the next version of a signal, lists it, and withdraws it', async () => {
  const pool = `pool:${lab.running.application.fleet.registry.pools[0]!.id}`
  const set = (...words: string[]) =>
    run('set', 'cap', '--subject', pool, '--reference', '4711', '--from', instantText(lab.now()), ...words)
  expect(await run('list')).toEqual({ code: 0, out: 'no signal\n', err: '' })
  expect(await set('--max', '5000')).toMatchObject({ code: 0, err: '' })
  const second = await set('--max', '4000', '--min', '-1000', '--authority', 'VNB Hunte')
  expect(second.out).toContain('cap 2  in-force  grid-limit -1000 to 4000 W on')
  const listed = await run('list')
  expect(listed.out).toBe(second.out)
  expect(listed.out).toContain('VNB Hunte (4711)')
  const withdrawn = JSON.parse((await run('withdraw', 'cap', '--json')).out) as unknown
  expect(withdrawn).toMatchObject({ id: 'cap', version: 2, state: 'withdrawn' })
  expect((await run('list')).out).toBe('no signal\n')
  expect((await run('list', '--all')).out).toContain('withdrawn')
})

it('takes instants with any offset, and none without', async () => {
  const pool = `pool:${lab.running.application.fleet.registry.pools[0]!.id}`
  const until = new Date(Math.ceil(lab.now() / 3_600_000) * 3_600_000 + 7_200_000)
  const wall = new Date(until.getTime() + 7_200_000).toISOString().replace(/:00\.000Z$/, '+02:00')
  const set = (end: string) => run('set', 'later', '--subject', pool, '--reference', 'x', '--max', '1', '--until', end, '--json')
  const { code, out } = await set(wall)
  expect([code, Date.parse((JSON.parse(out) as { until: string }).until)]).toEqual([0, until.getTime()])
  expect((await set(wall.slice(0, 16))).code).toBe(2)
  await run('withdraw', 'later')
})

it('ends with 1 and the reason of the server, with 2 where it was called wrongly', async () => {
  const refused = await run('set', 'odd', '--subject', 'area:nowhere', '--reference', 'x', '--max', '1')
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('the registry does not know area:nowhere')])
  const endless = await run('set', 'odd', '--subject', 'pool:x', '--reference', 'x', '--rank', 'activation', '--power', '-5000')
  expect([endless.code, endless.err]).toEqual([1, expect.stringContaining('needs an end')])
  expect(await run('withdraw', 'nothing')).toMatchObject({ code: 1, err: 'there is no signal nothing\n' })
  expect((await run('set', 'odd', '--subject', 'pool:x', '--reference', 'x', '--max', 'much')).code).toBe(2)
  expect((await run('set', 'odd', '--max', '1')).code).toBe(2)
})
