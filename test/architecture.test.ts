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

/** From the ground to the roof. */
const DOMAIN_ORDER = [
  'result.ts',
  'units.ts',
  'time',
  'dimming',
  'limitation',
  'registry',
  'signals',
  'orders',
  'telemetry',
  'trading',
  'settlement',
  'planning',
  'flexibility',
  'facts',
  'ports',
  'live',
  'proof',
  'forecast',
  'problems',
  'dispatch',
]
const SRC_ORDER = [
  'version.ts',
  'log.ts',
  'config.ts',
  'files',
  'run',
  'coordination',
  'market',
  'answers',
  'compose',
  'compose.ts',
  'offline',
  'demo',
  'commands',
  'cli.ts',
  'main.ts',
]

/** Imports from one folder of `base` into one that comes later in the order, or that stands in none. */
function upwards(base: string, order: readonly string[]): string[] {
  const level = (path: string) => order.indexOf(path.split('/')[1]!)
  return offences(sources(base), (path, _, file) =>
    path === null || !path.startsWith(`${base}/`) ? true : level(file) >= level(path) && level(path) >= 0,
  )
}

/** Files that import each other in a circle at run time; types alone tie nothing. */
function circles(files: readonly string[]): string[] {
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  function visit(file: string, path: readonly string[]): void {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') return void found.push([...path.slice(path.indexOf(file)), file].join(' > '))
    state.set(file, 'open')
    for (const next of valueImports(file)) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  return found
}

function valueImports(file: string): string[] {
  return [...code(file).matchAll(/\bimport\s+(?!type\b)([^'"]*?)from\s+['"](\.[^'"]+)['"]/g)]
    .filter(([, names]) => !/^\{\s*(?:type\s+\w+(?:\s+as\s+\w+)?\s*,?\s*)+\}\s*$/.test(names!))
    .map(([, , specifier]) => target(file, specifier!)!)
}

/** Everything that is loaded together with a file; types are not. */
function loadedBy(first: string): ReadonlySet<string> {
  const seen = new Set<string>()
  for (const waiting = [first]; waiting.length > 0;) {
    const file = waiting.pop()!
    if (seen.has(file)) continue
    seen.add(file)
    const loaded = code(file).matchAll(/^(?:import|export)(?! type\b)[^'"]*?\bfrom\s+['"](\.[^'"]+)['"]/gm)
    for (const [, specifier] of loaded) waiting.push(target(file, specifier!)!)
  }
  return seen
}

describe('architecture', () => {
  it('finds the tree it judges', () => {
    expect(domain.length).toBeGreaterThan(20)
    expect(adapters.length).toBeGreaterThan(20)
    expect(application.length).toBeGreaterThan(10)
    expect(imports('domain/time/series.ts')).toContain('./slot.ts')
  })

  it('lets the domain import only itself, hashes, and luxon in time/', () => {
    expect(
      offences(domain, (path, specifier, file) =>
        path === null
          ? (specifier === 'luxon' && file.startsWith('domain/time/')) || specifier === 'node:crypto'
          : path.startsWith('domain/'),
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

  it('has an order of folders: nothing imports what lies above it', () => {
    expect(upwards('domain', DOMAIN_ORDER)).toEqual([])
    expect(upwards('src', SRC_ORDER)).toEqual([])
  })

  it('keeps the solver to itself: on arrays only, and neither kernel knows of the other', () => {
    const rooms: Readonly<Record<string, readonly string[]>> = {
      car: ['car'],
      battery: ['battery'],
      fleet: ['car', 'battery', 'fleet'],
      site: ['car', 'battery', 'site'],
    }
    const room = (path: string) => path.split('/').slice(2, -1).join('/')
    const mayUse = (file: string, path: string) =>
      path.startsWith('domain/planning/')
        ? room(path) === '' || (rooms[room(file)] ?? []).includes(room(path))
        : /^domain\/(?:result\.ts|units\.ts|time\/|registry\/identity\.ts)/.test(path)
    const planning = domain.filter((file) => file.startsWith('domain/planning/'))
    expect(offences(planning, (path, _, file) => path !== null && mayUse(file, path))).toEqual([])
  })

  it('has no circle of files', () => {
    expect(circles(everything)).toEqual([])
  })

  it('begins small commands without the application: only those that run it load it', () => {
    const runs = ['serve', 'demo']
    const heavy = sources('src/commands')
      .filter((file) => loadedBy(file).has('src/compose.ts'))
      .map((file) => file.split('/').at(-1)!.replace('.ts', ''))
    expect(heavy.filter((name) => !runs.includes(name))).toEqual([])
    expect(heavy).toContain('serve')
  })

  it('keeps clock, chance, log and process out of the domain', () => {
    const forbidden =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bconsole\.|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\.|\brandom(?:UUID|Bytes|Int)\b/
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
