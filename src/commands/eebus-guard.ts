// `gegenstrom eebus guard`: an Energy Guard by itself, which limits a device over EEBUS.
import { trustStore } from '../../adapters/eebus/ship/trust-store.ts'
import { guardSettings, startGuard, type GuardEvent } from '../../domain/limitation/energy-guard.ts'
import { powerOf, type Direction } from '../../domain/limitation/limit.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { watts } from '../../domain/units.ts'
import { eebusGuard } from '../compose/eebus.ts'
import { shipIdentity } from '../files/ship-identity.ts'
import { hostClock } from '../run/clock.ts'
import { guidedPart, type RunningGuidedPart } from '../run/limitation/guided-part.ts'
import { eventLines, standingOfGuard, type Standing, type Tell } from './eebus-lines.ts'
import { exitError, type CommandIo } from './exit.ts'
import { lastResort } from './last-resort.ts'
import { untilSignal } from './until-signal.ts'

export interface GuardOptions {
  readonly home: string
  readonly connect: string
  readonly trust: string
  readonly limitW?: number
  readonly productionW?: number
  readonly duration?: number
  readonly failsafeW?: number
  readonly failsafeDuration?: number
  readonly for?: number
  readonly json: boolean
}

/** Runs until it is stopped. */
export async function guard(options: GuardOptions, io: CommandIo): Promise<void> {
  const { limitW, productionW } = options
  if (limitW === undefined && productionW === undefined)
    throw exitError(2, 'what is to be limited? give --limit-w, --production-w or both')
  const clock = hostClock()
  const identity = shipIdentity(options.home, clock.now())
  const tell = eventLines(io, clock, options.json)
  const parts = {
    consume: limitW === undefined ? null : part('consume', limitW, { options, clock, tell }),
    produce: productionW === undefined ? null : part('produce', productionW, { options, clock, tell }),
  }
  const running = [parts.consume, parts.produce].filter((one) => one !== null)
  const node = eebusGuard({
    identity,
    clock,
    trust: trustStore([options.trust]),
    partsOf: () => parts,
    onOpen: (ski) => tell('connected', null, { peer: ski }),
    onEnd: (ski, reason) => tell('disconnected', null, { peer: ski, reason }),
    onCommissioned(_, direction, isFound) {
      const one = parts[direction]
      if (one !== null) tell(isFound ? 'limit-found' : 'no-limit-there', standingOfGuard(one.guard()))
    },
  })
  for (const one of running) tell('ready', standingOfGuard(one.guard()), { ski: identity.ski })
  node.call(options.connect, options.trust)
  const uncover = lastResort({ note: (_, error) => tell('failure', null, { reason: String(error) }) })
  await untilSignal(options.for ?? null)
  await node.close()
  for (const one of running) one.stop()
  clock.stop()
  uncover()
}

interface Around {
  readonly options: GuardOptions
  readonly clock: Clock
  readonly tell: Tell
}
function part(direction: Direction, magnitude: number, { options, clock, tell }: Around): RunningGuidedPart {
  const running = guidedPart({
    clock,
    name: `eebus guard ${direction}`,
    guard: startGuard(guardSettings(direction, watts(magnitude)), clock.elapsed()),
  })
  running.take({
    kind: 'want-limit',
    limit: { isActive: true, value: powerOf(direction, magnitude), durationMs: options.duration ?? null },
  })
  const { failsafeW, failsafeDuration } = options
  if (failsafeW !== undefined || failsafeDuration !== undefined)
    running.take({
      kind: 'want-failsafe',
      limit: failsafeW === undefined ? null : watts(failsafeW),
      durationMs: failsafeDuration ?? null,
    })
  running.listen({
    send() {},
    happened: (event) => tell(event.kind, standingAfter(event, standingOfGuard(running.guard())), moreOf(event)),
  })
  return running
}

/** What was taken stands from now on; a refusal says what was asked for beside it. */
function standingAfter(event: GuardEvent, standing: Standing): Standing {
  if (event.kind !== 'limit-accepted') return standing
  const { isActive, value } = event.limit
  return { ...standing, state: isActive ? 'limited' : 'unlimited/controlled', limitW: isActive ? value : null }
}

function moreOf(event: GuardEvent): Readonly<Record<string, string | number | null>> {
  switch (event.kind) {
    case 'limit-refused':
      return { askedW: event.limit.value, reason: event.reason }
    case 'failsafe-accepted':
      return { wish: event.wish, value: event.value }
    case 'failsafe-refused':
      return { wish: event.wish, value: event.value, reason: event.reason }
    default:
      return {}
  }
}
