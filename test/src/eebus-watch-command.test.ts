// `gegenstrom eebus watch` and `eebus house`, as two processes that trust each other.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../src/cli.ts'
import { shipIdentity } from '../../src/files/ship-identity.ts'
import { start, type Program } from '../scenarios/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'eebus-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Resolves with what a program has written once that fits. */
function written(program: Program, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = pattern.exec(program.output())
      if (found !== null) resolve(found)
    }
    program.child.stdout!.on('data', look)
    program.child.stderr!.on('data', look)
    void program.ended.then(() => reject(new Error(program.output())))
    look()
  })
}
async function run(...words: string[]) {
  let [out, errors] = ['', '']
  const code = await runCommandLine(['eebus', ...words], {
    stdout: (text) => void (out += text),
    stderr: (text) => void (errors += text),
    isTerminal: false,
  })
  return { code, out, errors }
}

it('prints what the house is and what it says, a JSON object a line', async () => {
  const [mine, theirs] = [join(folder, 'mine'), join(folder, 'theirs')]
  const [ourSki, houseSki] = [shipIdentity(mine, Date.now()).ski, shipIdentity(theirs, Date.now()).ski]
  const house = start(['eebus', 'house', '--home', theirs, '--trust', ourSki, '--port', '0', '--host', '127.0.0.1'])
  const [, port] = await written(house, /a house at port (\d+)/)
  const url = `wss://127.0.0.1:${port}/ship/`
  const wish = ['--current-a', '9', '--site', 'home']
  const watching = start(['eebus', 'watch', '--home', mine, '--trust', houseSki, '--connect', url, ...wish])
  await written(watching, /"besideCars":-1750.*"soc":0\.4.*"capacity":64000/)
  await written(watching, /"written":"loadControlLimitListData","entity":\[4,1\],"outcome":"taken"/)
  await written(
    watching,
    /"site":"home","load":\{"asOf":"[^"]+","start":"[^"]+:(00|15|30|45):00Z","powerW":\[-1750,-1750,-1750,-1750\]\}/,
  )
  const { code, stdout } = await watching.end('SIGTERM')
  expect(code).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines[0]).toMatchObject({ device: { address: `d:_n:Gegenstrom_${houseSki.slice(0, 16)}` } })
  expect([...new Set(lines.flatMap(({ useCase }) => useCase ?? []))].sort()).toEqual(
    ['CEVC', 'EVCC', 'EVCEM', 'EVSECC', 'EVSOC', 'MGCP', 'MPC', 'OPEV', 'OSCEV'].sort(),
  )
  // Its identification is told as a pseudonym, and nowhere as it is.
  expect(stdout).toMatch(/"pseudonym":"t_[0-9a-f]{32}"/)
  expect(stdout).not.toContain('04A2B3C4D5E680')
  expect((await house.end('SIGTERM')).code).toBe(0)
})

describe('called wrongly', () => {
  it.each([
    [['watch'], '--connect'],
    [['watch', '--connect', 'https://x', '--trust', 'a'.repeat(40)], 'wss://'],
    [['watch', '--connect', 'wss://x:1/ship/', '--trust', 'abc'], '40 hex digits'],
    [['house'], '--trust'],
    [['house', '--trust', 'a'.repeat(40), '--fuse', '3'], '--fuse'],
  ])('%j ends with 2 and says so', async (words, told) => {
    const { code, out, errors } = await run(...words)
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain(told)
  })
  it.each(['watch', 'house'])('%s --help shows an example', async (name) => {
    const { code, out } = await run(name, '--help')
    expect(code).toBe(0)
    expect(out).toContain(`$ gegenstrom eebus ${name}`)
  })
})
