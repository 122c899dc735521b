// Whether a car's word about its state of charge counts: held against its meter from plug-in to unplug. The lower of word and meter always does (I2, F34).
import type { Soc } from '../units.ts'
import type { Flow } from './energy-flow.ts'
import { agreement, fits, highestAt, lowestAt, moved, type Battery, type Mark } from './soc-mark.ts'

export type Standing =
  /** Has told nothing yet. */
  | 'unheard'
  /** Has told something, but no energy has shown yet that it moves with the meter. */
  | 'on-trial'
  | 'believed'
  /** Has told what its meter excludes. */
  | 'distrusted'
/** What a car's word is worth in this session. Plain data. */
export interface SocTrust {
  readonly standing: Standing
  readonly told: Mark | null
  /** Told too; what is told later is held against it. */
  readonly reference: Mark | null
  /** The lowest that car and meter have left possible since plug-in. Only metered energy lifts what follows from it, never a word. */
  readonly ceiling: Mark | null
  /** State of charge that the energy the car asked for leaves possible. */
  readonly requested: Mark | null
  /** Told last while nobody knew what flowed. */
  readonly unjudged: Mark | null
  /** Words in a row that fit, from the reference on. */
  readonly fitting: number
  /** Share of the capacity by which word and meter have moved together from the reference on. */
  readonly agreed: number
  /** Has moved with the meter for so long that what it told before a lie still counts. */
  readonly isProven: boolean
  /** Wh given on its word alone in a session just before, and in this one when it was first believed (null until then). */
  readonly carriedWh: number
  readonly trialWh: number | null
  /** The word that was distrusted, and what was expected by meter and request. */
  readonly lie: { readonly told: number; readonly expected: number; readonly at: number } | null
  /** The journal knows of the standing as it is. */
  readonly isReported: boolean
  /** When the standing changed last, epoch ms. */
  readonly changedAt: number
}

/** Shares of the capacity. Requests for energy are as inexact as the capacity they were made from. */
const REQUEST_SLACK = 0.1
/** A word is believed after so many that fit, over so long, that have moved with the meter. */
const FITTING_MIN = 3
const TRIAL_MS = 600_000
/** After a lie it takes longer, and more. */
const RECOVERY_MS = 1_800_000
const PROVEN = 0.05
/** A believed word is held against newer ones after this movement, or at rest after this time. */
const WINDOW = 0.1
const WINDOW_REST = 0.01
const WINDOW_MS = 3_600_000
/** Less has not flowed. */
const NOTHING_WH = 50

/** A car that has told nothing. `before`: what its session that ended minutes ago leaves behind. */
export function unheard(before: Pick<SocTrust, 'standing' | 'carriedWh' | 'trialWh'> | null, outWh: number): SocTrust {
  const wasDistrusted = before?.standing === 'distrusted'
  return {
    standing: wasDistrusted ? 'distrusted' : 'unheard',
    told: null,
    reference: null,
    ceiling: null,
    requested: null,
    unjudged: null,
    fitting: 0,
    agreed: 0,
    isProven: false,
    carriedWh: before === null ? 0 : before.carriedWh + (before.trialWh ?? outWh),
    trialWh: null,
    lie: null,
    isReported: true,
    changedAt: 0,
  }
}

/** What a car tells: with a reading, by the clock of its station, or with its needs, by ours. Epoch ms. */
export interface Word {
  readonly soc: Soc
  readonly at: number
  readonly isOurs: boolean
  readonly isLoose: boolean
}
/** The energy a car asks for until its own target; told by our clock. */
export interface Request {
  readonly targetSoc: number
  readonly wantedWh: number
  readonly at: number
  readonly isLoose: boolean
}

/** Takes what a car tells. Never throws, whatever it is. */
export function takeWord(trust: SocTrust, word: Word, flow: Flow, battery: Battery): SocTrust {
  const mark = markOf(flow, word)
  const { reference, ceiling, standing } = trust
  if (reference === null || ceiling === null || (standing === 'on-trial' && isNoMeasure(reference, mark))) {
    const first = { ...trust, told: mark, reference: mark, ceiling: mark, fitting: 1, agreed: 0 }
    return contradictsRequest(first, mark, battery)
      ? distrusted(first, mark, battery)
      : { ...first, standing: standing === 'unheard' ? 'on-trial' : standing }
  }
  if (!fits(reference, mark, battery) || contradictsRequest(trust, mark, battery)) return distrusted(trust, mark, battery)
  if (standing === 'believed') return goneOn(trust, reference, ceiling, mark, battery)
  const lower = mark.soc <= lowestAt(ceiling, mark, battery) ? mark : ceiling
  const next: SocTrust = {
    ...trust,
    told: mark,
    ceiling: standing === 'distrusted' ? ceiling : lower,
    fitting: trust.fitting + 1,
    agreed: Math.max(trust.agreed, agreement(reference, mark, battery)),
  }
  if (!isConvincing(next, ceiling, reference, mark, battery)) return next
  return {
    ...next,
    ceiling: lower,
    standing: 'believed',
    isProven: next.isProven || next.agreed >= PROVEN,
    trialWh: next.trialWh ?? flow.outMost,
    isReported: standing === 'on-trial',
    changedAt: mark.at,
  }
}

/** Takes the state of charge that a request for energy leaves possible. */
export function takeRequest(trust: SocTrust, request: Request, flow: Flow, battery: Battery): SocTrust {
  const missing = ((1 - REQUEST_SLACK) * request.wantedWh) / battery.largestWh
  const next = {
    ...trust,
    requested: {
      ...flow,
      soc: Math.max(0, request.targetSoc - missing),
      at: request.at,
      stamp: request.at,
      isOurs: true,
      isLoose: request.isLoose,
    },
  }
  if (next.told === null || next.told.isLoose) return next
  const mark = {
    ...flow,
    soc: lowestAt(next.told, flow, battery),
    at: request.at,
    stamp: request.at,
    isOurs: true,
    isLoose: request.isLoose,
  }
  return contradictsRequest(next, mark, battery) ? distrusted(next, mark, battery) : next
}

/** Wh at the meter that have been given on a car's word alone. */
export function givenOnTrial(trust: SocTrust, flow: Flow): number {
  return trust.carriedWh + (trust.trialWh ?? flow.outMost)
}

/** Keeps a word that came while nobody knew what flows: it can lower what is taken for stored until that is known, and no more. */
export function keepUnjudged(trust: SocTrust, word: Word, flow: Flow): SocTrust {
  return { ...trust, unjudged: markOf(flow, word) }
}

/** The same with other marks: when instants or sums of before are known anew. */
export function withMarks(trust: SocTrust, change: (mark: Mark) => Mark): SocTrust {
  const changed = (mark: Mark | null) => (mark === null ? null : change(mark))
  return {
    ...trust,
    told: changed(trust.told),
    reference: changed(trust.reference),
    ceiling: changed(trust.ceiling),
    requested: changed(trust.requested),
    unjudged: changed(trust.unjudged),
  }
}

/**
 * Nothing can be held against a word from before the meter was read. And many stations tell 0 % until the car has spoken; nobody ever relied on that.
 */
function isNoMeasure(reference: Mark, mark: Mark): boolean {
  if (reference.isLoose && !mark.isLoose) return true
  return (
    reference.soc === 0 &&
    mark.soc > 0 &&
    mark.inMost - reference.inMost < NOTHING_WH &&
    mark.outMost - reference.outMost < NOTHING_WH
  )
}

function contradictsRequest({ requested }: SocTrust, mark: Mark, battery: Battery): boolean {
  if (requested === null || (requested.isLoose && requested.at !== mark.at)) return false
  return mark.soc > highestAt(requested, mark, battery)
}

/** After a lie a proven word has to fit what it told before, any other has to prove itself over more. */
function isConvincing(trust: SocTrust, ceiling: Mark, reference: Mark, mark: Mark, battery: Battery): boolean {
  const lasted = mark.at - reference.at
  if (trust.fitting < FITTING_MIN) return false
  if (trust.standing === 'on-trial') return lasted >= TRIAL_MS && trust.agreed > 0
  return lasted >= RECOVERY_MS && ((trust.isProven && fits(ceiling, mark, battery)) || trust.agreed >= PROVEN)
}

function distrusted(trust: SocTrust, mark: Mark, battery: Battery): SocTrust {
  const isNews = trust.standing !== 'distrusted'
  const byRequest = contradictsRequest(trust, mark, battery) ? { ...mark, soc: lowestAt(trust.requested!, mark, battery) } : null
  const expected = byRequest?.soc ?? (trust.reference === null ? mark.soc : lowestAt(trust.reference, mark, battery))
  const next: SocTrust = {
    ...trust,
    standing: 'distrusted',
    told: mark,
    reference: mark,
    ceiling: trust.ceiling ?? mark,
    fitting: 1,
    agreed: 0,
    lie: isNews || trust.lie === null ? { told: mark.soc, expected: Math.min(1, Math.max(0, expected)), at: mark.at } : trust.lie,
    isReported: !isNews && trust.isReported,
    changedAt: isNews ? mark.at : trust.changedAt,
  }
  return byRequest === null ? next : lowered(next, byRequest, battery)
}

/** The lower of word and meter goes on from here. */
function lowered(trust: SocTrust, mark: Mark, battery: Battery): SocTrust {
  return trust.ceiling !== null && mark.soc <= lowestAt(trust.ceiling, mark, battery) ? { ...trust, ceiling: mark } : trust
}

/**
 * A believed word that fits goes on. It is measured from a newer one after a while, so that small errors do not add up to a lie; the ceiling does not
 * follow. Written out, as it is what nearly every reading comes to.
 */
function goneOn(trust: SocTrust, reference: Mark, ceiling: Mark, mark: Mark, battery: Battery): SocTrust {
  const agreed = Math.max(trust.agreed, agreement(reference, mark, battery))
  const by = moved(reference, mark, battery)
  const isDue = by >= WINDOW || (by < WINDOW_REST && mark.at - reference.at >= WINDOW_MS)
  return {
    standing: trust.standing,
    told: mark,
    reference: isDue ? mark : reference,
    ceiling: mark.soc <= lowestAt(ceiling, mark, battery) ? mark : ceiling,
    requested: trust.requested,
    unjudged: trust.unjudged,
    fitting: isDue ? 1 : trust.fitting + 1,
    agreed: isDue ? 0 : agreed,
    isProven: trust.isProven || agreed >= PROVEN,
    carriedWh: trust.carriedWh,
    trialWh: trust.trialWh,
    lie: trust.lie,
    isReported: trust.isReported,
    changedAt: trust.changedAt,
  }
}

/** A word with what had flowed by then, by the clock it was told by. */
function markOf({ inLeast, inMost, outLeast, outMost }: Flow, { soc, at, isOurs, isLoose }: Word): Mark {
  return { inLeast, inMost, outLeast, outMost, soc, at, stamp: at, isOurs, isLoose }
}
