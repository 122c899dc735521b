// Meters and clocks as stations have them, on bare sockets against the whole backend, in every version.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { powerAt } from '../../domain/live/measured-power.ts'
import { rawStation } from '../adapters/ocpp/ocpp-lab.ts'
import { openStationLab, type StationLab } from './station-lab.ts'

const HOUR_MS = 3_600_000
const folders: string[] = []
let lab: StationLab | null = null
afterEach(async () => {
  await lab?.stop()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

interface Value {
  readonly value: number
  readonly measurand: string
  readonly context?: string
  readonly phase?: string
}

/** A station in its own words: a clock that may be wrong, and samples in any version. */
async function open(dialect: Dialect, aheadMs = 0) {
  folders.push(mkdtempSync(join(tmpdir(), 'meters-')))
  const opened = (lab = await openStationLab({ folder: folders[0]! }))
  const socket = await rawStation(opened, opened.station, dialect)
  const isOld = dialect === 'ocpp1.6'
  const timestamp = () => new Date(Date.now() + aheadMs).toISOString()
  const wired = (values: readonly Value[]) => ({
    timestamp: timestamp(),
    sampledValue: values.map(({ value, ...rest }) => ({ ...rest, value: isOld ? String(value) : value })),
  })
  /** The answer, whatever is asked of the station meanwhile. */
  async function ask(action: string, payload: object): Promise<Record<string, unknown>> {
    let frame = await socket.ask(action, payload)
    while (frame[0] === 2) {
      socket.send([3, frame[1], { status: 'Accepted' }])
      frame = await socket.next()
    }
    expect(frame[0], JSON.stringify(frame)).toBe(3)
    return frame[2] as Record<string, unknown>
  }
  let [transactionId, seqNo]: [unknown, number] = ['T1', 0]
  const event = (eventType: string, values: readonly Value[]) =>
    ask('TransactionEvent', {
      eventType,
      timestamp: timestamp(),
      triggerReason: 'MeterValuePeriodic',
      seqNo: seqNo++,
      transactionInfo: { transactionId },
      evse: { id: 1 },
      meterValue: [wired(values)],
    })
  return {
    lab: opened,
    async start(wh: number) {
      if (!isOld) return void (await event('Started', [register(wh, 'Transaction.Begin')]))
      const answer = await ask('StartTransaction', { connectorId: 1, idTag: 'X', meterStart: wh, timestamp: timestamp() })
      transactionId = answer['transactionId']
    },
    sample: (...values: readonly Value[]) =>
      isOld ? ask('MeterValues', { connectorId: 1, transactionId, meterValue: [wired(values)] }) : event('Updated', values),
    end: (wh: number) =>
      isOld
        ? ask('StopTransaction', { transactionId, meterStop: wh, timestamp: timestamp() })
        : event('Ended', [register(wh, 'Transaction.End')]),
  }
}

const register = (value: number, context = 'Sample.Periodic'): Value => ({
  value,
  measurand: 'Energy.Active.Import.Register',
  context,
})
const power = (value: number, context = 'Sample.Periodic'): Value => ({ value, measurand: 'Power.Active.Import', context })
const ampere = (amps: number) =>
  ['L1', 'L2', 'L3'].flatMap((phase) => [
    { value: amps, measurand: 'Current.Import', phase },
    { value: 230, measurand: 'Voltage', phase: `${phase}-N` },
  ])

describe.each(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const)('%s', (dialect) => {
  it('values of the begin beside those of now, power that gives way to currents, and registers from other zeros', async () => {
    const { lab, start, sample, end } = await open(dialect)
    const { evse } = lab.live()
    const now = () => powerAt(lab.live(), Date.now())
    await start(157_441)
    await sample(register(3), power(3_600), register(0, 'Transaction.Begin'), power(0, 'Transaction.Begin'))
    expect(now()).toBe(3_600)
    await sample(register(0, 'Transaction.Begin'), register(7))
    await sample(register(9), ...ampere(5))
    expect(now()).toBe(3_450)
    await sample(register(11), ...ampere(0))
    expect(now()).toBe(0)
    await end(157_453)
    const slots = [...lab.running.application.fleet.meter.get(evse.id)!.values()]
    expect(slots.reduce((sum, { importedWh }) => sum + importedWh, 0)).toBeCloseTo(12)
  })

  it('F7: a local time told as UTC is put right at once, and what was told is kept', async () => {
    const { lab, start, sample } = await open(dialect, 2 * HOUR_MS)
    await start(5_003)
    await sample(register(5_007), power(3_600))
    const { clock } = lab.running.application.fleet.stations.get(lab.live().evse.station)!
    expect(clock.skewMs).toBe(2 * HOUR_MS)
    expect(powerAt(lab.live(), Date.now())).toBe(3_600)
    const readings = (await lab.facts()).flatMap((fact) => (fact.kind === 'readings' ? fact.readings : []))
    for (const { sampledAt, arrivedAt, quality, origin } of readings) {
      expect(Math.abs(sampledAt - arrivedAt)).toBeLessThan(5_000)
      expect(quality).toBe('measured')
      expect(origin!.toldAt).toBe(sampledAt + 2 * HOUR_MS)
    }
    const { body } = await lab.ask('GET', `/v1/stations/${lab.station}`)
    expect(JSON.stringify(body)).toContain('its clock is 120 min ahead, a local time told as UTC')
  })
})
