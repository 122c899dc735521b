// Set-points as activations at the desk of signals: one signal a pool, whose version rises with each of them.
import type { SignalAnswers, SignalReceipt } from '../../../domain/ports/answers/signals.ts'
import type { Asker } from '../../../domain/registry/asker.ts'
import { id, type TenantId } from '../../../domain/registry/identity.ts'
import type { Result } from '../../../domain/result.ts'
import type { SignalRefusal } from '../../../domain/signals/signal-refusal.ts'
import type { Power } from '../../../domain/units.ts'
import type { ControlledPool } from './pool-control.ts'

/** What a pool is asked for. */
export interface Activation {
  readonly version: number
  readonly power: Power
  /** Epoch ms, exclusive. */
  readonly until: number
  /** Whose set-point it is. */
  readonly by: string
  /** Nobody has said so: without a set-point the power goes to the working point. */
  readonly isRamp: boolean
}
export interface Activations {
  /** Asks a pool for a power from an instant on, epoch ms, until it ends; resolves when that is durable and its orders have left, with null or with what is against it. Never rejects. */
  activate(of: ControlledPool, activation: Activation, from: number): Promise<string | null>
  /** Lets it follow its plans again as of a version; the same promise. */
  release(of: ControlledPool, version: number): Promise<string | null>
  /** The newest version that is known, and what of it is in force; null where nothing is known. */
  known(of: ControlledPool): { readonly version: number; readonly inForce: Pick<Activation, 'power' | 'until'> | null } | null
}

/** Over a desk of signals. */
export function activations(desk: Pick<SignalAnswers, 'receive' | 'withdraw' | 'signal'>): Activations {
  return {
    activate: (of, { version, power, until, by, isRamp }, from) =>
      refusalOf(
        desk.receive(askerOf(of), {
          id: signalId(of),
          version,
          subjects: [`pool:${of.pool}`],
          from,
          until,
          rank: 'activation',
          min: power,
          max: power,
          provenance: { authority: by, reference: referenceOf(of, isRamp) },
          issuedAt: from,
        }),
      ),
    release: (of, version) => refusalOf(desk.withdraw(askerOf(of), signalId(of), version)),
    known(of) {
      const view = desk.signal(askerOf(of), signalId(of))
      if (view === null) return null
      const { version, max: power, until } = view.signal
      const isInForce = view.state === 'in-force' && power !== null && until !== null
      return { version: Math.max(version, view.withdrawn?.version ?? 0), inForce: isInForce ? { power, until } : null }
    },
  }
}

async function refusalOf(answer: Promise<Result<SignalReceipt, SignalRefusal>>): Promise<string | null> {
  try {
    const result = await answer
    return result.ok ? null : JSON.stringify(result.refusal)
  } catch (error) {
    return (error as Error).message
  }
}

function referenceOf({ station }: ControlledPool, isRamp: boolean): string {
  return isRamp ? `IEC 104 station ${station}: no set-point, ramp to the working point` : `IEC 104 station ${station}`
}

function signalId({ pool }: ControlledPool): string {
  return `iec104.${pool}`
}

/** A pool's station as one who asks: it knows what it has said. */
function askerOf({ station, tenant }: ControlledPool): Asker {
  return { name: `iec104.${station}`, role: 'grid', tenant: tenant === undefined ? null : id<TenantId>(tenant), vehicles: [] }
}
