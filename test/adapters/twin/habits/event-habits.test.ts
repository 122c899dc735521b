import { describe, expect, it } from 'vitest'
import { events, habitScene, MINUTE, profileFor } from './habit-scene.ts'

const HOUR = 60 * MINUTE

describe('token-late [E02], [E01.FR.16]', () => {
  it('tells token, EVSE and remoteStartId with an event after Started, cable first and card first in turns', async () => {
    const seen = new Set<string>()
    for (const place of [0, 1, 2, 3]) {
      const scene = await habitScene('201-ac', ['token-late'], place)
      const [started, ...later] = events(scene)
      expect(started).toMatchObject({ eventType: 'Started', seqNo: 0 })
      expect(later.map(({ seqNo }) => seqNo)).toEqual(later.map((_, i) => i + 1))
      if (started!.idToken === undefined) {
        seen.add('cable first')
        expect(started).toMatchObject({ triggerReason: 'CablePluggedIn', evse: { id: 1, connectorId: 1 } })
        const actions = scene.csms.heard.map(({ action }) => action)
        expect(actions.indexOf('Authorize')).toBeGreaterThan(actions.indexOf('TransactionEvent'))
        expect(later[0]).toMatchObject({
          eventType: 'Updated',
          triggerReason: 'Authorized',
          idToken: { idToken: scene.config.token },
        })
      } else {
        seen.add('card first')
        expect(started!.evse).toBeUndefined()
        expect(later[0]).toMatchObject({ eventType: 'Updated', triggerReason: 'CablePluggedIn', evse: { id: 1 } })
      }
      // The next transaction begins the other way, here by a remote start.
      const { transaction } = scene.twin.cars()[0]!
      await scene.ask('RequestStopTransaction', { transactionId: transaction })
      await scene.pass(5_000)
      const request = { remoteStartId: 7, idToken: { idToken: scene.config.token, type: 'eMAID' } }
      expect(await scene.ask('RequestStartTransaction', request)).toMatchObject({ status: 'Accepted' })
      await scene.pass(5_000)
      const second = events(scene).filter(({ transactionInfo }) => transactionInfo.transactionId !== transaction)
      if (started!.idToken === undefined) expect(second[0]!.transactionInfo.remoteStartId).toBe(7)
      else {
        expect(second[0]!.transactionInfo.remoteStartId).toBeUndefined()
        expect(second[1]).toMatchObject({ triggerReason: 'RemoteStart', transactionInfo: { remoteStartId: 7 } })
      }
    }
    expect([...seen].sort()).toEqual(['cable first', 'card first'])
  })
})

describe('tokens', () => {
  it('token-case: other capitals than registered, in every version', async () => {
    for (const kind of ['1.6', '201-ac', 'bpt-dc'] as const) {
      const scene = await habitScene(kind, ['token-case'])
      const [authorize] = scene.csms.of('Authorize')
      const told = kind === '1.6' ? authorize!.payload.idTag : (authorize!.payload.idToken as { idToken: string }).idToken
      expect(told).not.toBe(scene.config.token)
      expect(String(told).toUpperCase()).toBe(scene.config.token)
      const begin = scene.csms.of(kind === '1.6' ? 'StartTransaction' : 'TransactionEvent')[0]!.payload
      expect(JSON.stringify(begin)).toContain(`"${String(told)}"`)
    }
  })

  it('no-authorization and central-token ask nobody', async () => {
    const nobody = await habitScene('201-ac', ['no-authorization'])
    expect(nobody.csms.of('Authorize')).toEqual([])
    expect(events(nobody)[0]!.idToken).toEqual({ idToken: '', type: 'NoAuthorization' })
    const central = await habitScene('bpt-ac', ['central-token'])
    expect(central.csms.of('Authorize')).toEqual([])
    expect(events(central)[0]!.idToken).toEqual({ idToken: central.config.token, type: 'Central' })
  })

  it('percent-identity: the address is encoded more than needed and means the same', async () => {
    const { csms, config } = await habitScene('1.6', ['percent-identity'])
    expect(csms.paths[0]).toMatch(/^\/ocpp\/%48AT%2D\d+$/)
    expect(decodeURIComponent(csms.paths[0]!)).toBe(`/ocpp/${config.id}`)
    expect(csms.of('BootNotification')).toHaveLength(1)
  })
})

describe('events out of order', () => {
  it('needs-before-started: needs come first', async () => {
    const { csms } = await habitScene('bpt-dc', ['needs-before-started'])
    const actions = csms.heard.map(({ action }) => action)
    expect(actions.indexOf('NotifyEVChargingNeeds')).toBeGreaterThan(0)
    expect(actions.indexOf('TransactionEvent')).toBe(actions.indexOf('NotifyEVChargingNeeds') + 1)
  })

  it('evse-omitted: only the first event knows its EVSE', async () => {
    const scene = await habitScene('201-dc', ['evse-omitted'])
    await scene.pass(5 * MINUTE)
    const [started, ...others] = events(scene)
    expect(started!.evse).toEqual({ id: 1, connectorId: 1 })
    expect(others.length).toBeGreaterThan(3)
    expect(others.every(({ evse }) => evse === undefined)).toBe(true)
  })

  it('ended-before-started: the short transaction ends before it begins, and its meter is right', async () => {
    const scene = await habitScene('201-ac', ['ended-before-started'])
    await scene.pass(HOUR)
    const truth = scene.twin.sessions()
    expect(truth).toHaveLength(3)
    const short = truth[1]!
    const mine = events(scene).filter(({ transactionInfo }) => transactionInfo.transactionId === short.transaction)
    expect(mine[0]!.eventType).toBe('Ended')
    expect(mine[1]!.eventType).toBe('Started')
    expect(mine.every(({ offline }) => offline === true)).toBe(true)
    const ended = mine[0]!.meterValue![0]!.sampledValue.find(({ measurand }) => measurand === 'Energy.Active.Import.Register')!
    const started = mine[1]!.meterValue![0]!.sampledValue.find(({ measurand }) => measurand === 'Energy.Active.Import.Register')!
    expect(short.importedWh).toBeGreaterThan(500)
    expect(Math.abs(Number(ended.value) - Number(started.value) - short.importedWh)).toBeLessThan(1)
  })

  it('older-after-newer: the running transaction first, older ones after it, offline', async () => {
    const scene = await habitScene('bpt-dc', ['older-after-newer'])
    await scene.pass(HOUR)
    const [first, short, running] = scene.twin.sessions().map(({ transaction }) => transaction)
    const order = events(scene)
    const at = (transaction: string | null | undefined, type: string) =>
      order.findIndex(({ eventType, transactionInfo }) => eventType === type && transactionInfo.transactionId === transaction)
    expect(at(running, 'Started')).toBeLessThan(at(short, 'Started'))
    expect(at(running, 'Started')).toBeLessThan(at(first, 'Ended'))
    expect(at(short, 'Started')).toBeLessThan(at(short, 'Ended'))
    expect(order[at(short, 'Ended')]!.offline).toBe(true)
  })

  it('older-after-newer in 1.6: the start that counts is told before the older one', async () => {
    const scene = await habitScene('1.6', ['older-after-newer'])
    await scene.pass(HOUR)
    const starts = scene.csms.of('StartTransaction').map(({ payload }) => Date.parse(payload.timestamp as string))
    expect(starts).toHaveLength(3)
    expect(starts[2]).toBeLessThan(starts[1]!)
    const stops = scene.csms.of('StopTransaction').map(({ payload }) => payload.transactionId)
    expect([...stops].sort()).toEqual([1, 3])
    expect(scene.twin.sessions().map(({ transaction }) => transaction)).toEqual(['1', '3', '2'])
  })

  it('transaction-unknown: after a reboot the station goes on with what nobody saw begin', async () => {
    const scene = await habitScene('201-dc', ['transaction-unknown'])
    await scene.pass(10 * MINUTE)
    expect(scene.csms.of('BootNotification')).toHaveLength(2)
    const { transaction } = scene.twin.cars()[0]!
    const mine = events(scene)
    expect(mine.length).toBeGreaterThan(5)
    expect(
      mine.every(({ eventType, transactionInfo }) => eventType === 'Updated' && transactionInfo.transactionId === transaction),
    ).toBe(true)
    const old = await habitScene('1.6', ['transaction-unknown'])
    await old.pass(10 * HOUR)
    expect(old.csms.of('MeterValues')[0]!.payload.transactionId).toBeUndefined()
    expect(old.csms.of('StopTransaction')[0]!.payload.transactionId).toBe(-1)
  })
})

describe('statuses', () => {
  it('status-late: an older status of a free connector in the middle of a transaction', async () => {
    for (const kind of ['1.6', 'bpt-ac'] as const) {
      const scene = await habitScene(kind, ['status-late'])
      await scene.pass(5 * MINUTE)
      const late = scene.csms.of('StatusNotification').at(-1)!
      expect(late.payload[kind === '1.6' ? 'status' : 'connectorStatus']).toBe('Available')
      expect(late.at - Date.parse(late.payload.timestamp as string)).toBeGreaterThan(5 * MINUTE)
      expect(scene.twin.cars()[0]!.transaction).not.toBeNull()
    }
  })

  it('two-connectors: the idle one is told while the other charges', async () => {
    const scene = await habitScene('201-ac', ['two-connectors'])
    await scene.pass(4 * HOUR)
    const idle = scene.csms.of('StatusNotification').filter(({ payload }) => payload.connectorId === 2)
    expect(new Set(idle.map(({ payload }) => payload.connectorStatus)).size).toBeGreaterThan(2)
    expect(idle.every(({ payload }) => payload.evseId === 1)).toBe(true)
  })

  it('station-status: EVSE 0 or connector 0', async () => {
    const modern = await habitScene('201-ac', ['station-status'])
    expect(modern.csms.of('StatusNotification').map(({ payload }) => payload.evseId)).toContain(0)
    const old = await habitScene('1.6', ['station-status'])
    expect(old.csms.of('StatusNotification').map(({ payload }) => payload.connectorId)).toContain(0)
  })

  it('availability-by-event: NotifyEvent instead of StatusNotification', async () => {
    const { csms } = await habitScene('bpt-dc', ['availability-by-event'])
    expect(csms.of('StatusNotification')).toEqual([])
    expect(csms.of('NotifyEvent')[0]!.payload).toMatchObject({
      seqNo: 0,
      eventData: [
        {
          actualValue: 'Occupied',
          trigger: 'Delta',
          component: { name: 'Connector', evse: { id: 1, connectorId: 1 } },
          variable: { name: 'AvailabilityState' },
        },
      ],
    })
  })
})

describe('clocks and spelling', () => {
  it('clock-skew: what is told is minutes off, and a schedule is followed by the same clock', async () => {
    const scene = await habitScene('201-ac', ['clock-skew'])
    const told = Date.parse(events(scene)[0]!.timestamp)
    const ahead = told - scene.csms.of('TransactionEvent')[0]!.at
    expect(Math.abs(ahead)).toBeGreaterThanOrEqual(2 * MINUTE)
    expect(Math.abs(ahead) % MINUTE).toBe(0)
    await scene.ask(...profileFor(scene, [0]))
    const asked = await scene.ask('GetCompositeSchedule', { evseId: 1, duration: 900 })
    expect(Date.parse((asked!.schedule as { scheduleStart: string }).scheduleStart) - scene.now() + 1).toBe(ahead)
  })

  it('local-time-as-utc: two hours ahead in May', async () => {
    for (const kind of ['1.6', 'bpt-dc'] as const) {
      const scene = await habitScene(kind, ['local-time-as-utc'])
      const begin = scene.csms.of(kind === '1.6' ? 'StartTransaction' : 'TransactionEvent')[0]!
      expect(Date.parse(begin.payload.timestamp as string) - begin.at).toBe(2 * HOUR)
    }
  })

  it('wordy: long texts, numbers for texts, unknown units and measurands, fields of its own', async () => {
    const old = await habitScene('1.6', ['wordy'])
    await old.pass(2 * MINUTE)
    expect(String(old.csms.of('BootNotification')[0]!.payload.firmwareVersion).length).toBeGreaterThan(50)
    expect(old.csms.of('StatusNotification')[0]!.payload).toMatchObject({ cabinetTemperature: 31.5 })
    const text = JSON.stringify(old.csms.of('MeterValues')[0]!.payload)
    for (const odd of ['"Celcius"', '"Hertz"', '"Relay.Temperature.Rise"', '"readerSlot"']) expect(text).toContain(odd)
    expect(text).toMatch(/"value":\d/)
    const modern = await habitScene('bpt-dc', ['wordy'])
    const { chargingStation } = modern.csms.of('BootNotification')[0]!.payload as { chargingStation: { serialNumber: string } }
    expect(chargingStation.serialNumber.length).toBeGreaterThan(25)
    expect(JSON.stringify(events(modern)[0])).toContain('"Celcius"')
  })
})
