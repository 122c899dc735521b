// The grid operator's end as its commands play it, against doors of a test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../src/cli.ts'

interface Identity {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly ca: string | Buffer
}

/** The command line of an operator, with files of an identity. */
export async function play(words: readonly string[], { cert, key, ca }: Identity) {
  const folder = mkdtempSync(join(tmpdir(), 'play-'))
  let [out, err] = ['', '']
  const files = Object.entries({ cert, key, ca }).flatMap(([name, text]) => {
    writeFileSync(join(folder, name), text)
    return [`--${name}`, join(folder, name)]
  })
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text), isTerminal: false }
  const code = await runCommandLine(['play', ...words, ...files], io)
  rmSync(folder, { recursive: true })
  return {
    code,
    err,
    lines: out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}
