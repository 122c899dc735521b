// A control centre over one connection: it starts, asks, commands, and hears what comes back. For tests, for the twin and for trials.
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../domain/ports/clock.ts'
import { CAUSES, readAsdu, writeAsdu, type Asdu, type InformationObject } from '../codec/asdu.ts'
import { TYPES } from '../codec/asdu-types.ts'
import { UTC_WALL } from '../codec/wall-clock.ts'
import { connection, type EndReason } from '../link/connection.ts'
import type { LinkPhase } from '../link/link-layer.ts'
import { LINK_SETTINGS, type LinkSettings } from '../link/link-settings.ts'

export interface CentreOptions {
  readonly clock: Clock
  /** A socket that is connected. */
  readonly socket: Duplex
  readonly onAsdu?: (asdu: Asdu, bytes: Buffer) => void
  readonly onPhase?: (phase: LinkPhase) => void
  readonly onEnd?: (reason: EndReason) => void
  readonly link?: LinkSettings
  /** Our originator address. */
  readonly originator?: number
}
export interface CommandWish {
  readonly station: number
  readonly address: number
  readonly value: number
  readonly isSelect?: boolean
  /** Tags it with an instant, epoch ms. */
  readonly at?: number
}
export interface Centre {
  /** Starts the transfer; resolves once it is confirmed. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Asks for everything of a common address. */
  interrogate(station: number, qualifier?: number): void
  setPoint(wish: CommandWish): void
  single(wish: CommandWish): void
  read(station: number, address: number): void
  synchronise(station: number): void
  /** Any octets of an ASDU, for what nobody should send. */
  send(asdu: Buffer): boolean
  /** Resolves with the first ASDU from now on that fits; rejects when the connection ends first. */
  next(fits: (asdu: Asdu) => boolean): Promise<Asdu>
  close(): void
  readonly phase: () => LinkPhase
}

/** A centre at the end of a socket. */
export function centre(options: CentreOptions): Centre {
  const { clock, socket, originator = 0 } = options
  const waiting = new Set<{ readonly fits: (asdu: Asdu) => boolean; resolve(asdu: Asdu): void; reject(error: Error): void }>()
  const phases = new Set<{ readonly phase: LinkPhase; resolve(): void; reject(error: Error): void }>()
  const link = connection({
    clock,
    socket,
    role: 'controlling',
    settings: options.link ?? LINK_SETTINGS,
    handlers: {
      onAsdu(bytes) {
        const read = readAsdu(bytes)
        if (!read.ok) return
        options.onAsdu?.(read.value, bytes)
        for (const one of waiting) {
          if (!one.fits(read.value)) continue
          waiting.delete(one)
          one.resolve(read.value)
        }
      },
      onPhase(phase) {
        options.onPhase?.(phase)
        for (const one of phases) {
          if (one.phase !== phase) continue
          phases.delete(one)
          one.resolve()
        }
      },
      onAcknowledged() {},
      onEnd(reason) {
        const error = new Error(`the connection has ended: ${reason}`)
        for (const one of [...waiting, ...phases]) one.reject(error)
        waiting.clear()
        phases.clear()
        options.onEnd?.(reason)
      },
    },
  })
  function reach(phase: LinkPhase): Promise<void> {
    if (link.phase() === phase) return Promise.resolve()
    return new Promise((resolve, reject) => phases.add({ phase, resolve, reject }))
  }
  function send(type: number, cause: number, station: number, object: Partial<InformationObject>): void {
    const whole = { address: 0, value: 0, qualifier: 0, isSelect: false, time: null, ...object }
    link.offer(writeAsdu({ type, cause, isNegative: false, isTest: false, originator, station, objects: [whole] }))
  }
  function command(plain: number, tagged: number, { station, address, value, isSelect = false, at }: CommandWish): void {
    const time = at === undefined ? null : UTC_WALL.tagOf(at, false)
    send(time === null ? plain : tagged, CAUSES.activation, station, { address, value, isSelect, time })
  }
  return {
    start() {
      const reached = reach('started')
      link.start()
      return reached
    },
    stop() {
      const reached = reach('stopped')
      link.stop()
      return reached
    },
    interrogate: (station, qualifier = 20) => send(TYPES.C_IC_NA_1, CAUSES.activation, station, { value: qualifier }),
    setPoint: (wish) => command(TYPES.C_SE_NC_1, TYPES.C_SE_TC_1, wish),
    single: (wish) => command(TYPES.C_SC_NA_1, TYPES.C_SC_TA_1, wish),
    read: (station, address) => send(TYPES.C_RD_NA_1, CAUSES.request, station, { address }),
    synchronise: (station) => send(TYPES.C_CS_NA_1, CAUSES.activation, station, { time: UTC_WALL.tagOf(clock.now(), false) }),
    send: (asdu) => link.offer(asdu),
    next: (fits) => new Promise((resolve, reject) => waiting.add({ fits, resolve, reject })),
    close: () => link.close(),
    phase: () => link.phase(),
  }
}
