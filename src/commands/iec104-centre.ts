// `gegenstrom iec104 centre`: a control centre for trials; prints what it hears as JSON lines.
import { centre, type Centre } from '../../adapters/iec104/centre/centre.ts'
import { connectToStation } from '../../adapters/iec104/centre/connect.ts'
import { CAUSES, type Asdu } from '../../adapters/iec104/codec/asdu.ts'
import { asduType, TYPES } from '../../adapters/iec104/codec/asdu-types.ts'
import { qualityNames } from '../../adapters/iec104/codec/quality.ts'
import { LINK_SETTINGS } from '../../adapters/iec104/link/link-settings.ts'
import { POOL_POINTS } from '../../adapters/iec104/pool/pool-points.ts'
import type { Iec104Tls } from '../../adapters/iec104/station/tls.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { instantText } from '../../domain/time/slot.ts'
import { hostClock } from '../run/clock.ts'
import { exitError, type CommandIo } from './exit.ts'
import { untilSignal } from './until-signal.ts'

export interface CentreCommandOptions {
  readonly connect: { readonly host: string; readonly port: number }
  readonly station: number
  readonly setPoint?: number
  readonly repeat?: number
  readonly participation?: boolean
  readonly for: number
}

/** Connects, starts, interrogates, commands what is wanted, and watches for a while. */
export async function runCentre(options: CentreCommandOptions, tls: Iec104Tls | null, io: CommandIo): Promise<void> {
  const clock = hostClock()
  const tell = (event: string, facts: object = {}) =>
    io.stdout(`${JSON.stringify({ at: instantText(clock.now()), event, ...facts })}\n`)
  const ended = new AbortController()
  const end = (error: Error) => {
    clock.stop()
    throw exitError(1, error.message)
  }
  const socket = await connectToStation({ ...options.connect, tls, timeoutMs: LINK_SETTINGS.connectTimeoutMs }).catch(end)
  const own = centre({
    clock,
    socket,
    onAsdu: (asdu) => tell('asdu', asduFacts(asdu)),
    onPhase: (phase) => tell(phase),
    onEnd(reason) {
      tell('disconnected', { reason })
      ended.abort()
    },
  })
  try {
    await own.start()
    await carryOut(own, options, clock, ended.signal)
    if (ended.signal.aborted) throw new Error('the station has closed the connection')
    await own.stop()
  } catch (error) {
    end(error as Error)
  } finally {
    own.close()
    clock.stop()
  }
}

async function carryOut(own: Centre, options: CentreCommandOptions, clock: Clock, ended: AbortSignal): Promise<void> {
  const { station, setPoint, participation, repeat } = options
  const done = own.next(({ type, cause }) => type === TYPES.C_IC_NA_1 && cause !== CAUSES.activationConfirmation)
  own.interrogate(station)
  await done
  if (participation !== undefined) await participate(own, station, participation)
  let cancel = () => {}
  function send(value: number): void {
    own.setPoint({ station, address: POOL_POINTS.commandSetPoint, value, at: clock.now() })
    if (repeat !== undefined) cancel = clock.after(repeat, 'set-point', () => send(value))
  }
  if (setPoint !== undefined) {
    const confirmed = own.next(({ type, cause }) => type === TYPES.C_SE_TC_1 && cause !== CAUSES.activationTermination)
    send(setPoint)
    if ((await confirmed).isNegative) throw new Error('the set-point was refused')
  }
  await untilSignal(options.for, ended)
  cancel()
}

async function participate(own: Centre, station: number, isOn: boolean): Promise<void> {
  const wish = { station, address: POOL_POINTS.commandParticipation, value: isOn ? 1 : 0 }
  for (const isSelect of [true, false]) {
    const confirmed = own.next(({ type }) => type === TYPES.C_SC_NA_1)
    own.single({ ...wish, isSelect })
    if ((await confirmed).isNegative) throw new Error('participation was refused')
  }
}

function asduFacts({ type, cause, isNegative, station, objects }: Asdu): object {
  const causes = Object.entries(CAUSES).find(([, number]) => number === cause)
  return {
    type: asduType(type)?.name ?? type,
    cause: causes?.[0] ?? cause,
    ...(isNegative ? { isNegative } : {}),
    station,
    points: objects.map(({ address, value, qualifier, time }) => ({
      address,
      value: Number(value.toPrecision(7)),
      ...(asduType(type)?.direction === 'monitoring' && qualifier !== 0 ? { quality: qualityNames(qualifier) } : {}),
      ...(time === null || Number.isNaN(time.wall) ? {} : { time: instantText(time.wall) }),
    })),
  }
}
