// The points of pools, for programs and for the documents both sides agree on.
import { asduType } from '../../adapters/iec104/codec/asdu-types.ts'
import { poolPoints } from '../../adapters/iec104/pool/pool-points.ts'
import { COMMAND_TYPES, MONITORED_TYPES, type PointList } from '../../adapters/iec104/station/points.ts'
import { readIec104File } from '../files/iec104-file.ts'
import { exitError, type CommandIo } from './exit.ts'

/** Prints the points of each pool of a file, or of one pool at common address 1. */
export function printPoints(file: string | undefined, isTable: boolean, io: CommandIo): void {
  const pools = file === undefined ? [{ pool: 'POOL', station: 1 }] : readOrExit(file)
  const lists = pools.map(({ pool, station }) => ({ pool, ...poolPoints(station) }))
  if (isTable) for (const list of lists) io.stdout(pointTable(list.pool, list))
  else io.stdout(`${JSON.stringify({ pools: lists.map(({ pool, ...list }) => ({ pool, ...pointsAsJson(list) })) }, null, 2)}\n`)
}

function readOrExit(file: string): readonly { readonly pool: string; readonly station: number }[] {
  try {
    return readIec104File(file).pools
  } catch (error) {
    throw exitError(2, (error as Error).message)
  }
}

/** Points with the names of the types they are sent with. */
export function pointsAsJson({ station, monitored, commands }: PointList): object {
  const names = (types: { readonly plain: number; readonly tagged: number }) =>
    [types.plain, types.tagged].map((type) => asduType(type)!.name)
  return {
    station,
    monitored: monitored.map(({ kind, ...point }) => ({ ...point, types: names(MONITORED_TYPES[kind]) })),
    commands: commands.map(({ kind, ...point }) => ({ ...point, types: names(COMMAND_TYPES[kind]) })),
  }
}

function pointTable(pool: string, { station, monitored, commands }: PointList): string {
  const name = (type: number) => asduType(type)!.name
  const rows = [
    ...monitored.map(({ address, name: short, kind, unit, meaning, isCyclic }) => {
      const { plain, tagged } = MONITORED_TYPES[kind]
      const when = isCyclic ? `cyclic ${name(plain)}, quality changes ${name(tagged)}` : `changes ${name(tagged)}`
      return [address, short, when, unit, meaning]
    }),
    ...commands.map(({ address, name: short, kind, unit, meaning, isSelected }) => {
      const { plain, tagged } = COMMAND_TYPES[kind]
      const how = `${name(plain)}, ${name(tagged)}, ${isSelected ? 'select before execute' : 'direct'}`
      return [address, short, how, unit, meaning]
    }),
  ]
  const lines = [['IOA', 'name', 'types', 'unit', 'meaning'], ['--', '--', '--', '--', '--'], ...rows]
  return `Pool ${pool}, common address ${station}\n\n${lines.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n\n`
}
