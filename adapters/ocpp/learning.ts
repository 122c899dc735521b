// One connection and what has to be known before a station is led: that it has booted, and then, at leisure, what it can do.
import type { StationId } from '../../domain/registry/identity.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { refused } from '../../domain/result.ts'
import type { Ask, Inquire } from './ask-station.ts'
import type { LearnAbilities } from './blocks/device-model-abilities.ts'
import type { MeterSettings } from './blocks/meter-settings.ts'
import { askForBoot } from './blocks/provisioning.ts'
import type { EventBody } from './inbound.ts'
import type { Inquiries } from './inquiries.ts'
import { NO_SETPOINTS_REFUSED } from './refused-setpoints.ts'
import type { StationKnowledge } from './station-knowledge.ts'
import type { StationRecord } from './station-record.ts'

export interface LearningOptions {
  readonly station: StationId
  readonly clock: Clock
  readonly record: StationRecord
  /** Reaches the station whether it has booted or not. */
  readonly ask: Ask
  readonly inquire: Inquire
  readonly learn: LearnAbilities
  readonly knowledge: StationKnowledge
  /** When questions have their turn; null where none are asked. */
  readonly inquiries: Inquiries | null
  readonly meters: MeterSettings
  /** Tells the core. */
  readonly tell: (event: EventBody) => Promise<unknown>
  /** The station can be led though it never booted: the core has to begin with it anew. */
  readonly onUsable: () => void
  readonly onFailure: (error: Error) => void
}
export interface Learning {
  /** `ask`, for everything but finding out: it waits until the station may be led, and is refused where it has never booted. */
  readonly lead: Ask
  /** Something came from the station. */
  heard(action: string): void
  /** The core has judged its boot, and it has its answer. */
  booted(isAccepted: boolean): void
  stop(): void
}

/** A station that is back may be about to boot: so long it is listened to first. */
const LISTEN_MS = 2_000
/** An answer to a boot takes no longer than this. */
const BOOT_TAKES_MS = 10_000
/** A station that was never heard to boot is asked to after this. */
const ASK_FOR_BOOT_MS = 15_000
/** A station that boots again and again is not asked again sooner. */
const ASKED_APART_MS = 300_000

/** Watches over one connection. */
export function learning(options: LearningOptions): Learning {
  const { station, clock, record, inquiries, knowledge } = options
  const isKnown = knowledge.known(station)?.hasBooted === true
  let state: 'listening' | 'booting' | 'unknown' | 'usable' = inquiries === null ? 'usable' : isKnown ? 'listening' : 'unknown'
  let isOpen = true
  let isToBeAsked = false
  let waiting: (() => void)[] = []
  const cancels = new Set<() => void>()

  function after(ms: number, key: string, run: () => void): void {
    const cancel = clock.after(ms, `${key} ${station}`, () => {
      cancels.delete(cancel)
      if (isOpen) run()
    })
    cancels.add(cancel)
  }

  /** What waits goes on once it is decided whether it may. */
  function settle(next: 'unknown' | 'usable'): void {
    state = next
    const ready = waiting
    waiting = []
    for (const go of ready) go()
  }

  async function askForIt(): Promise<void> {
    if (state !== 'unknown') return
    const asked = await options.ask(askForBoot)
    if (!isOpen || state !== 'unknown') return
    // It will boot. If it then does not, it has been asked for nothing and is as good as one that cannot be.
    if (asked.ok) return after(ASK_FOR_BOOT_MS, 'ocpp no boot', takeAsItIs)
    if (asked.refusal.kind === 'rejected' || asked.refusal.kind === 'unsupported') takeAsItIs()
    else after(ASK_FOR_BOOT_MS, 'ocpp boot', () => void askForIt().catch(options.onFailure))
  }

  /** It answers calls and does not say what it is: it is led all the same. */
  function takeAsItIs(): void {
    if (state !== 'unknown') return
    settle('usable')
    options.onUsable()
    findOut()
  }

  function findOut(): void {
    if (inquiries === null) return
    const now = clock.elapsed()
    if (now - record.askedAt < ASKED_APART_MS) return
    record.askedAt = now
    isToBeAsked = true
    inquiries.add(station, async () => {
      isToBeAsked = false
      if (!isOpen || state !== 'usable') return askAgain()
      const learnt = await options.learn(options.inquire, options.meters, knowledge.known(station)?.abilities ?? null)
      if (learnt.ok) await options.tell({ kind: 'abilities', abilities: learnt.value })
      else if (learnt.refusal.kind === 'not-connected') askAgain()
    })
  }
  /** It could not be asked: the next boot or connection is soon enough, however soon it comes. */
  function askAgain(): void {
    record.askedAt = -Infinity
  }

  if (state === 'listening') after(LISTEN_MS, 'ocpp listen', () => state === 'listening' && settle('usable'))
  if (state === 'unknown') after(ASK_FOR_BOOT_MS, 'ocpp boot', () => void askForIt().catch(options.onFailure))
  // Known, and never asked: of a time before there were questions, or it did not answer.
  if (isKnown && knowledge.known(station)?.abilities == null) findOut()

  return {
    async lead(message) {
      if (state === 'listening' || state === 'booting') await new Promise<void>((go) => void waiting.push(go))
      return state === 'usable' ? options.ask(message, 'order') : refused({ kind: 'not-connected' })
    },
    heard(action) {
      if (inquiries === null || (action !== 'BootNotification' && state !== 'listening')) return
      if (action !== 'BootNotification') return settle('usable')
      state = 'booting'
      // Something of ours went wrong with it: it will say so again.
      after(BOOT_TAKES_MS, 'ocpp boot answered', () => void (state === 'booting' && settle(isKnown ? 'usable' : 'unknown')))
    },
    booted(isAccepted) {
      if (inquiries === null) return
      if (!isAccepted) return settle('unknown')
      // What it takes may be something else after a start.
      record.form = null
      record.setpoints = NO_SETPOINTS_REFUSED
      settle('usable')
      findOut()
    },
    stop() {
      if (isToBeAsked) askAgain()
      isOpen = false
      for (const cancel of cancels) cancel()
      cancels.clear()
      settle('usable')
    },
  }
}
