// Ten thousand frames of one seed: mutilated, half-right, hostile. Nothing crashes, and a call afterwards is answered as if nothing had been (F24).
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIALECTS, readFrame } from '../../../adapters/ocpp/rpc/frame.ts'
import type { Clock } from '../../../domain/ports/clock.ts'
import { openLab, rawStation, TEN } from './ocpp-lab.ts'

const SEED = 20_261_102
const FRAMES = 10_000

const GOOD = [
  '[2,"1","Heartbeat",{}]',
  '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"A","model":"M"}}]',
  '[2,"1","BootNotification",{"chargePointVendor":"A","chargePointModel":"M"}]',
  '[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Charging"}]',
  '[2,"1","StartTransaction",{"connectorId":1,"idTag":"C","meterStart":1e999,"timestamp":"2026-11-02T10:00:00Z"}]',
  '[2,"1","StopTransaction",{"transactionId":-1,"meterStop":0,"timestamp":"2026-11-02T10:00:00Z"}]',
  '[2,"1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"1970-01-01T00:00:00Z","sampledValue":[{"value":"1e400"}]}]}]',
  '[2,"1","TransactionEvent",{"eventType":"Updated","timestamp":"2026-11-02T10:00:00Z","triggerReason":"MeterValuePeriodic","seqNo":1,"transactionInfo":{"transactionId":"T"},"meterValue":[{"timestamp":"x","sampledValue":[{"value":1,"unitOfMeasure":{"unit":"kW","multiplier":3}}]}]}]',
  '[2,"1","NotifyEVChargingNeeds",{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"DC_BPT","v2xChargingParameters":{"maxDischargePower":9,"maxChargePower":1e999}}}]',
  '[2,"1","PullDynamicScheduleUpdate",{"chargingProfileId":12}]',
  '[3,"g1",{"status":"Accepted"}]',
  '[4,"g1","InternalError","",{}]',
  '[5,"g1","InternalError","",{}]',
  '[6,"1","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"x","data":[]}]',
]
const PIECES = [
  '[',
  ']',
  '{',
  '}',
  '"',
  ',',
  ':',
  '\\',
  '\\u0000',
  'null',
  '-',
  '1e999',
  '"__proto__":{"a":1},',
  '"constructor":',
  '\u{1f50c}',
  '[[[[',
  '{"a":',
  'NaN',
]

/** A good frame with pieces put in, characters taken out or values replaced, or a frame of arbitrary parts. */
const frame = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...GOOD),
        fc.array(fc.tuple(fc.nat(400), fc.nat(12), fc.constantFrom('', ...PIECES)), { maxLength: 3 }),
      )
      .map(mutilated),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...GOOD), fc.nat(60), fc.jsonValue({ maxDepth: 3 })).map(withOtherValue) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(7), fc.jsonValue(), fc.jsonValue(), fc.jsonValue()).map((parts) => JSON.stringify(parts)),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
)
function mutilated([text, cuts]: [string, [number, number, string][]]): string {
  return cuts.reduce(
    (rest, [at, length, piece]) => rest.slice(0, at % (rest.length + 1)) + piece + rest.slice((at % (rest.length + 1)) + length),
    text,
  )
}
/** Replaces the value of the n-th property by something else. */
function withOtherValue([text, number, value]: [string, number, fc.JsonValue]): string {
  let count = 0
  return JSON.stringify(JSON.parse(text), (key, old: unknown) => (key !== '' && count++ === number % 20 ? value : old))
}

const frames = fc.sample(frame, { seed: SEED, numRuns: FRAMES })

describe('ten thousand frames', () => {
  it.each(DIALECTS)('are read or named by %s', (dialect) => {
    const kinds = new Map<number | string, number>()
    for (const text of frames) {
      const { type } = readFrame(text, dialect)
      kinds.set(type, (kinds.get(type) ?? 0) + 1)
    }
    // Neither all good nor all bad, or they would prove nothing.
    expect(kinds.get(2)).toBeGreaterThan(FRAMES / 10)
    expect(kinds.get('bad')).toBeGreaterThan(FRAMES / 10)
  })

  it.each(DIALECTS)('leave a %s connection in order', async (dialect) => {
    let now = TEN
    // Each look at the clock is three seconds later, so that no minute has too many malformed frames.
    const look = () => (now += 3_000)
    const clock: Clock = { now: look, elapsed: look, at: () => () => {}, after: () => () => {}, onStep: () => () => {} }
    const lab = await openLab({ clock })
    const [hostile, calm] = [await rawStation(lab, 'ST1', dialect), await rawStation(lab, 'ST2', dialect)]
    const counts = new Map<unknown, number>()
    hostile.socket.on('message', (data: Buffer) => {
      const [type, , code] = JSON.parse(data.toString()) as readonly unknown[]
      const key = type === 4 ? code : type
      counts.set(key, (counts.get(key) ?? 0) + 1)
    })
    const last = new Promise<void>((resolve) =>
      hostile.socket.on('message', (data: Buffer) => data.toString().startsWith('[3,"the last"') && resolve()),
    )
    // The frames are shared out among the versions.
    for (const text of frames.filter((_, i) => DIALECTS[i % DIALECTS.length] === dialect)) hostile.send(text)
    hostile.send([2, 'the last', 'Heartbeat', {}])
    await last
    expect((await calm.ask('Heartbeat', {}))[0]).toBe(3)
    expect(counts.get(3)).toBeGreaterThan(100)
    // What is wrong is the station's fault, never ours.
    expect(counts.get('InternalError') ?? 0).toBe(0)
    expect(({} as { a?: number }).a).toBeUndefined()
    hostile.socket.terminate()
    calm.socket.terminate()
    await lab.close()
  })
})
