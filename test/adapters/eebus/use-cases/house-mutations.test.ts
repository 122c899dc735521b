// Twenty thousand damaged pieces of data of use cases: nothing throws at whoever reads them or is written to, and no limit is ever above the fuse.
import { expect, it } from 'vitest'
import type { Plain, PlainObject } from '../../../../adapters/eebus/eebus-json.ts'
import { spineLink } from '../../../../adapters/eebus/spine/link.ts'
import { clientRef } from '../../../../adapters/eebus/use-cases/features.ts'
import { houseReading } from '../../../../adapters/eebus/use-cases/house.ts'
import { MONITOR_ENTITY, monitoredUseCases, monitorDevice } from '../../../../adapters/eebus/use-cases/monitor.ts'
import { HOUSE, playedHouse } from '../../../../adapters/eebus/use-cases/played-house.ts'
import { watch } from '../../../../adapters/eebus/use-cases/watch.ts'
import { discoveryData, useCaseData } from '../../../../adapters/eebus/spine/node-management.ts'
import { manualClock } from '../../../../src/run/clock.ts'
import { pseudonym } from './house-pair.ts'
import { START } from './pair.ts'

const ROUNDS = 20_000

/** xorshift32: the same sequence for ever. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
const roll = dice(20_261_130)
const ODD: readonly Plain[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  9_007_199_254_740_991,
  300,
  '',
  'PT0S',
  'P1M',
  'PT99999999H',
  '2026-13-40T99:99:99Z',
  'acPowerTotal',
  'x'.repeat(400),
  [],
  {},
  [[]],
  { number: 1, scale: 300 },
  { number: -5, scale: 18 },
  { number: 1.5, scale: 0 },
  { scale: 2 },
]

/** Somewhere in it something is another, missing, or told twice. */
function damaged(value: Plain): Plain {
  if (roll(6) === 0) return ODD[roll(ODD.length)]!
  if (Array.isArray(value) && value.length > 0) {
    const list = [...(value as readonly Plain[])]
    const at = roll(list.length)
    const kind = roll(6)
    if (kind === 0) list.splice(at, 1)
    else if (kind === 1) list.push(list[at]!)
    else list[at] = damaged(list[at]!)
    return list
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value as PlainObject)
    if (entries.length === 0) return ODD[roll(ODD.length)]!
    const [name, inner] = entries[roll(entries.length)]!
    const kind = roll(6)
    if (kind === 0) return Object.fromEntries(entries.filter(([one]) => one !== name))
    if (kind === 1) return { ...(value as PlainObject), [entries[roll(entries.length)]![0]]: inner }
    return { ...(value as PlainObject), [name]: damaged(inner ?? null) }
  }
  return ODD[roll(ODD.length)]!
}

interface Piece {
  readonly entity: readonly number[]
  readonly feature: number
  readonly name: string
  readonly data: PlainObject
}
/** All that a house says of itself. */
function pieces(): readonly Piece[] {
  const house = playedHouse({ address: 'd:_i:House', clock: manualClock(START) })
  house.need(20_000, 8 * 3_600_000)
  house.coordinated.tellPlan([{ ms: 3_600_000, value: 4_000 }])
  house.tell({ load: 500, sun: 2_000, car: { a: 6, b: 6, c: 6 }, soc: 0.3 })
  return house.device.entities().flatMap(({ path, features }) =>
    features.flatMap(({ id, functions }) =>
      functions.flatMap(({ name }) => {
        const data = house.device.data({ entity: path, id }, name)
        return data === undefined ? [] : [{ entity: path, feature: id, name, data }]
      }),
    ),
  )
}
const PIECES = pieces()

function header(from: string, to: string, entity: readonly number[], feature: number, counter: number, classifier: string) {
  const source = classifier === 'notify' || classifier === 'reply' ? { entity, feature } : { entity: [1], feature: 110 }
  const destination = classifier === 'notify' || classifier === 'reply' ? { entity: [1], feature: 111 } : { entity, feature }
  return {
    specificationVersion: '1.3.0',
    addressSource: { device: from, ...source },
    addressDestination: { device: to, ...destination },
    msgCounter: counter,
    cmdClassifier: classifier,
    ackRequest: classifier === 'write' ? true : undefined,
  }
}

it('a manager reads what is left of what a house says, and its house is one that can be', () => {
  const house = playedHouse({ address: 'd:_i:House', clock: manualClock(START) })
  const useCases = monitoredUseCases(pseudonym)
  let counter = 0
  let read = 0
  let peer = connected()
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round % 100 === 0) peer = connected()
    const { entity, feature, name, data } = PIECES[roll(PIECES.length)]!
    const isPartial = roll(2) === 0
    const filter = isPartial ? { function: name, filter: [{ cmdControl: { partial: {} } }] } : {}
    peer.say('notify', entity, feature, { ...filter, [name]: damaged(data) as PlainObject })
    // A discovery that says something else now and then, as when cars come and go.
    if (roll(50) === 0) peer.discover(damaged)
    const { connection, besideCars, cars } = houseReading(peer.ours.all())
    for (const power of [connection, besideCars, ...cars.map((car) => car.power)])
      if (power !== null && !(Math.abs(power) <= 60e6)) throw new Error(`a power of ${power} W`)
    if (connection !== null) read += 1
  }
  // Much is still there to be read.
  expect(read).toBeGreaterThan(ROUNDS / 20)

  function connected() {
    const clock = manualClock(START)
    const link = spineLink({
      device: monitorDevice('d:_i:Manager', useCases),
      from: 'house',
      clock,
      send: () => true,
      close: () => {},
      onDiscovered: () => ours.discovered(),
      onData: (_, from, command) => ours.take(from, command),
    })
    const ours = watch({
      link,
      clock,
      useCases,
      clientFor: (type) => clientRef(MONITOR_ENTITY, type),
      onTold: ({ values }) => void JSON.stringify(values),
    })
    function say(classifier: string, entity: readonly number[], feature: number, command: PlainObject): void {
      counter += 1
      const head = header('d:_i:House', 'd:_i:Manager', entity, feature, counter, classifier)
      link.receive({ datagram: { header: head, payload: { cmd: [command] } } } as PlainObject)
    }
    function discover(change: (value: Plain) => Plain = (value) => value): void {
      const discovery = change(discoveryData(house.device)) as PlainObject
      say('reply', [0], 0, { nodeManagementDetailedDiscoveryData: discovery })
      say('reply', [0], 0, { nodeManagementUseCaseData: change(useCaseData(house.device)) as PlainObject })
    }
    discover()
    for (const { entity, feature, name, data } of PIECES) say('notify', entity, feature, { [name]: data })
    return { ours, say, discover }
  }
})

it('a car that is written to answers each write, and takes no more than its fuse and what was written last', () => {
  const limit = (limitId: number, current: number) => ({
    limitId,
    isLimitActive: true,
    value: { number: current * 10, scale: -1 },
  })
  const writes: readonly Piece[] = [
    {
      entity: HOUSE.car,
      feature: 10,
      name: 'loadControlLimitListData',
      data: { loadControlLimitData: [limit(0, 16), limit(1, 10), limit(2, 6), limit(4, 8)] },
    },
    {
      entity: HOUSE.car,
      feature: 26,
      name: 'timeSeriesListData',
      data: {
        timeSeriesData: [
          {
            timeSeriesId: 1,
            timePeriod: { startTime: 'PT0S', endTime: 'PT2H' },
            timeSeriesSlot: [
              { timeSeriesSlotId: 0, duration: 'PT1H', maxValue: { number: 11, scale: 3 } },
              { timeSeriesSlotId: 1, duration: 'PT1H', maxValue: { number: 4_200, scale: 0 } },
            ],
          },
        ],
      },
    },
    ...PIECES.filter(({ name }) => name.startsWith('incentiveTable')),
    {
      entity: HOUSE.car,
      feature: 28,
      name: 'incentiveTableData',
      data: {
        incentiveTable: [
          {
            tariff: { tariffId: 1 },
            incentiveSlot: [
              {
                timeInterval: { startTime: { relative: 'PT0S' }, endTime: { relative: 'PT1H' } },
                tier: [{ tier: { tierId: 0 }, incentive: [{ incentiveId: 0, value: { number: 3, scale: -1 } }] }],
              },
            ],
          },
        ],
      },
    },
  ]
  let counter = 0
  let [accepted, refused] = [0, 0]
  for (let group = 0; group < ROUNDS / 100; group += 1) {
    const clock = manualClock(START)
    const house = playedHouse({ address: 'd:_i:House', clock, fuse: 13 })
    house.need(20_000, 8 * 3_600_000)
    const said: PlainObject[] = []
    const link = spineLink({ device: house.device, from: 'manager', clock, send: (one) => said.push(one) > 0, close: () => {} })
    house.curtailed.heard('manager', { believedUntil: clock.elapsed() + 60_000, hasFailed: false })
    const say = (classifier: string, entity: readonly number[], feature: number, command: PlainObject) => {
      counter += 1
      const head = header('d:_i:Manager', 'd:_i:House', entity, feature, counter, classifier)
      link.receive({ datagram: { header: head, payload: { cmd: [command] } } } as PlainObject)
    }
    for (const feature of [10, 26, 28]) {
      const ends = {
        clientAddress: { device: 'd:_i:Manager', entity: [1], feature: 110 },
        serverAddress: { device: 'd:_i:House', entity: HOUSE.car, feature },
      }
      say('call', [0], 0, { nodeManagementBindingRequestCall: { bindingRequest: ends } })
    }
    for (let round = 0; round < 100; round += 1) {
      const { entity, feature, name, data } = writes[roll(writes.length)]!
      const before = said.length
      say('write', entity, feature, {
        function: name,
        filter: [{ cmdControl: { partial: {} } }],
        [name]: damaged(data) as PlainObject,
      })
      if (said.length === before) throw new Error(`no answer to ${name}`)
      const isFine = JSON.stringify(said.slice(before)).includes('"errorNumber":0')
      if (isFine) accepted += 1
      else refused += 1
      for (const current of Object.values(house.curtailed.allowed()))
        if (!(current >= 0 && current <= 13)) throw new Error(`${current} A behind a fuse of 13 A`)
    }
  }
  expect(Math.min(accepted, refused)).toBeGreaterThan(ROUNDS / 20)
})
