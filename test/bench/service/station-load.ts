// A process that plays the stations of `bench service`: it connects them at a pace, lets those with a car measure by the clock, or as fast as answers come.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { BenchStation } from './fleet-file.ts'
import { openStation, type LightStation, type StationWatch } from './light-station.ts'

/** What the parent asks for, one at a time; each is answered by a `LoadAnswer`. */
export type LoadOrder =
  | {
      readonly kind: 'connect'
      readonly port: number
      readonly stations: readonly BenchStation[]
      readonly perSecond: number
      /** The stations' clock is ahead of this machine's, ms. */
      readonly aheadMs: number
    }
  /** Every station with a car measures once in this time from now on; 0 ends it. */
  | { readonly kind: 'measure'; readonly everyMs: number }
  /** What has happened since the last time. */
  | { readonly kind: 'report' }
  /** Every station with a car sends its next measurement when an answer is in, `window` of them at a time, for ms. */
  | { readonly kind: 'burst'; readonly ms: number; readonly window: number }
  | { readonly kind: 'disconnect' }
export interface LoadAnswer {
  readonly connected: number
  readonly ms: number
  /** Answers by the time they took, ms, ascending. */
  readonly answersMs: readonly number[]
  readonly orders: number
  /** Epoch ms of this machine at which the last order came; null where none did. */
  readonly lastOrderAt: number | null
  /** When orders came, epoch ms of this machine, the first of them. */
  readonly ordersAt: readonly number[]
  /** What all stations together were told to take once each of these had come, W. */
  readonly toldW: readonly number[]
  readonly faults: readonly string[]
  readonly faultCount: number
  /** How late this process itself was at worst, ms: no answer is told to be quicker than that. */
  readonly ownDelayMs: number
}

/** Stations on their way in at a time. */
const CONNECT_WIDTH = 64
const WHEEL_MS = 10
const FAULTS_SHOWN = 5
const ORDERS_MAX = 50_000
/** How long answers may stay out after a burst. */
const BURST_GRACE_MS = 30_000
const DELAY_RESOLUTION_MS = 10

let stations: LightStation[] = []
let answersMs: number[] = []
let [orders, faultCount] = [0, 0]
let lastOrderAt: number | null = null
let ordersAt: number[] = []
let toldW: number[] = []
let toldNowW = 0
let faults: string[] = []
let stopMeasuring = () => {}
let onMeasured: ((station: LightStation) => void) | null = null
const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
delay.enable()

const watch: StationWatch = {
  onAnswer: (ms) => void answersMs.push(ms),
  onFault(detail) {
    faultCount++
    if (faults.length < FAULTS_SHOWN) faults.push(detail)
  },
  onOrder(moreW) {
    orders++
    lastOrderAt = Date.now()
    toldNowW += moreW
    if (ordersAt.length === ORDERS_MAX) return
    ordersAt.push(lastOrderAt)
    toldW.push(toldNowW)
  },
  onMeasured: (station) => onMeasured?.(station),
}

process.on('message', (order: LoadOrder) => {
  follow(order).then(
    (answer) => process.send!(answer),
    (error: Error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))

async function follow(order: LoadOrder): Promise<LoadAnswer> {
  const started = performance.now()
  switch (order.kind) {
    case 'connect':
      await connectAll(order)
      break
    case 'measure':
      stopMeasuring()
      stopMeasuring = order.everyMs === 0 ? () => {} : measureEvery(order.everyMs)
      break
    case 'burst':
      report(0)
      await burst(order.ms, order.window)
      break
    case 'disconnect':
      stopMeasuring()
      for (const station of stations) station.close()
      stations = []
      break
    case 'report':
  }
  return report(performance.now() - started)
}

function report(ms: number): LoadAnswer {
  const answer = {
    connected: stations.length,
    ms,
    answersMs: answersMs.sort((a, b) => a - b),
    orders,
    lastOrderAt,
    ordersAt,
    toldW,
    faults,
    faultCount,
    ownDelayMs: Math.max(0, delay.max / 1e6 - DELAY_RESOLUTION_MS),
  }
  ;[answersMs, ordersAt, toldW, faults, lastOrderAt] = [[], [], [], [], null]
  ;[orders, faultCount] = [0, 0]
  delay.reset()
  return answer
}

/** Stations come in at a pace, at most some of them at a time. */
async function connectAll({ port, stations: all, perSecond, aheadMs }: LoadOrder & { kind: 'connect' }): Promise<void> {
  const now = () => Date.now() + aheadMs
  const started = performance.now()
  let next = 0
  const worker = async () => {
    while (next < all.length) {
      const number = next++
      await sleep(started + (1_000 * number) / perSecond - performance.now())
      try {
        stations.push(await openStation(all[number]!, port, now, watch))
      } catch (error) {
        watch.onFault(`${all[number]!.id} could not connect: ${(error as Error).message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: CONNECT_WIDTH }, worker))
}

/** Spreads the measurements evenly over the time. */
function measureEvery(ms: number): () => void {
  const measuring = stations.filter(({ hasCar }) => hasCar)
  const started = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / ms) * measuring.length)
    // A process that was held up lets what it missed go by instead of sending it all at once.
    sent = Math.max(sent, due - measuring.length)
    for (; sent < due; sent++) measuring[sent % measuring.length]!.measure()
  }, WHEEL_MS)
  return () => clearInterval(timer)
}

async function burst(ms: number, window: number): Promise<void> {
  const until = performance.now() + ms
  let underWay = 0
  const answered = new Promise<void>((resolve) => {
    const send = (station: LightStation) => {
      if (performance.now() < until) {
        underWay++
        station.measure()
      } else if (underWay === 0) resolve()
    }
    onMeasured = (station) => {
      underWay--
      send(station)
    }
    for (const station of stations) for (let i = 0; station.hasCar && i < window; i++) send(station)
  })
  await Promise.race([answered, sleep(ms + BURST_GRACE_MS)])
  onMeasured = null
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
}
