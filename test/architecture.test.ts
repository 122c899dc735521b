// The shape of the tree is a test: who may import whom, and what the domain must never touch.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

/** Source text without comments: rules are about code. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
}

function imports(file: string): string[] {
  return [...code(file).matchAll(/\bfrom\s+['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g)].map(
    (match) => match[1] ?? match[2]!,
  )
}

/** Path of an import inside the project, or null for a package. */
function target(file: string, specifier: string): string | null {
  return specifier.startsWith('.')
    ? relative(root, resolve(root, dirname(file), specifier))
        .split(sep)
        .join('/')
    : null
}

const domain = sources('domain')
const adapters = sources('adapters')
const application = sources('src')
const everything = [...domain, ...adapters, ...application]

function offences(
  files: readonly string[],
  isAllowed: (path: string | null, specifier: string, file: string) => boolean,
): string[] {
  return files.flatMap((file) =>
    imports(file).flatMap((specifier) =>
      isAllowed(target(file, specifier), specifier, file) ? [] : [`${file} imports ${specifier}`],
    ),
  )
}

describe('architecture', () => {
  it('finds the tree it judges', () => {
    expect(domain.length).toBeGreaterThan(20)
    expect(adapters.length).toBeGreaterThan(20)
    expect(application.length).toBeGreaterThan(10)
    expect(imports('domain/time/series.ts')).toContain('./slot.ts')
  })

  it('lets the domain import only itself, and luxon in time/', () => {
    expect(
      offences(domain, (path, specifier, file) =>
        path === null ? specifier === 'luxon' && file.startsWith('domain/time/') : path.startsWith('domain/'),
      ),
    ).toEqual([])
  })

  it('lets an adapter import the domain, itself and wire/; the twin may use codecs of others', () => {
    expect(
      offences(adapters, (path, _, file) => {
        if (path === null) return true
        const own = file.split('/').slice(0, 2).join('/')
        if (own === 'adapters/twin') return path.startsWith('adapters/') || path.startsWith('domain/')
        return path.startsWith('domain/') || path.startsWith(`${own}/`) || path.startsWith('adapters/wire/')
      }),
    ).toEqual([])
  })

  it('lets services import the domain and each other only', () => {
    const services = application.filter((file) => file.startsWith('src/services/'))
    expect(
      offences(services, (path, specifier) =>
        path === null ? specifier.startsWith('node:crypto') : path.startsWith('domain/') || path.startsWith('src/services/'),
      ),
    ).toEqual([])
  })

  it('keeps clock, chance, log and process out of the domain', () => {
    const forbidden =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bconsole\.|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\./
    expect(domain.filter((file) => forbidden.test(code(file)))).toEqual([])
  })

  it('reads the environment in one place', () => {
    const readers = everything.filter((file) => /\bprocess\.env\b/.test(code(file)))
    expect(readers.filter((file) => file !== 'src/config.ts')).toEqual([])
  })

  it('has one concept a file, named in kebab-case, without barrels and drawers', () => {
    const names = everything.filter((file) => !file.includes('/page/')).map((file) => file.split('/').at(-1)!)
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.config)?\.ts$/.test(name))).toEqual([])
    expect(names.filter((name) => /^(index|utils?|helpers?|common|types?|manager)\.ts$/.test(name))).toEqual([])
  })

  it('keeps the top level to the folders of the design', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
    expect(
      folders.filter((name) => !['domain', 'adapters', 'src', 'test', 'docs', 'dist', 'node_modules'].includes(name)),
    ).toEqual([])
  })

  it('says in every adapter what it is and what it is not', () => {
    const folders = readdirSync(join(root, 'adapters'))
    expect(folders.filter((folder) => !readdirSync(join(root, 'adapters', folder)).includes('README.md'))).toEqual([])
  })
})
