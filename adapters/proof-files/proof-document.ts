// The proof of a limit as it is written: RFC 3339 in UTC, W and Wh, positive takes from the grid. JSON, CSV and PDF are made from it.
import type { Compliance } from '../../domain/proof/compliance.ts'
import type { LimitProof, ProvenVersion } from '../../domain/proof/limit-proof.ts'
import type { Evidence } from '../../domain/proof/limit-trace.ts'
import type { Signal } from '../../domain/signals/signal.ts'
import { instantText, startOf } from '../../domain/time/slot.ts'
import { toleranceOf } from '../../domain/proof/compliance.ts'

export type ProofDocument = ReturnType<typeof proofDocument>

const FORM = 'gegenstrom-limit-proof/1'
const SUBJECT_MEMBERS = 1_000

/** The document of a proof. */
export function proofDocument(proof: LimitProof) {
  const { id, state, versions, release, compliance, measured, notFollowed, subjects, chain } = proof
  const newest = versions.at(-1)!
  const { signal } = newest
  return {
    form: FORM,
    signal: id,
    state,
    sender: signal.sender,
    authority: signal.provenance.authority,
    reference: signal.provenance.reference,
    through: instantText(chain.last.at),
    instants: {
      received: instantText(versions[0]!.signal.receivedAt),
      validated: instantText(versions[0]!.validatedAt),
      begin: instantText(versions[0]!.begin),
      firstOrder: instantOrNull(versions[0]!.firstOrderAt),
      lastOrder: instantOrNull(versions[0]!.lastOrderAt),
      firstApplied: instantOrNull(versions[0]!.firstAppliedAt),
      lastApplied: instantOrNull(versions[0]!.lastAppliedAt),
      measuredWithin: instantOrNull(compliance.withinFrom),
      released: instantOrNull(release?.at ?? null),
    },
    compliance: complianceBody(compliance),
    versions: versions.map(versionBody),
    release:
      release === null
        ? null
        : {
            at: instantText(release.at),
            by: release.by,
            steps: release.steps.map(({ subjects: [subject], from, until, max, min }) => ({
              subject: subject!,
              from: instantText(from),
              until: instantOrNull(until),
              maxW: max,
              minW: min,
            })),
          },
    measured: {
      atReceiptW: measured.atReceipt,
      everySeconds: measured.everyMs / 1_000,
      points: measured.points.map(({ at, watts, max, min }) => ({ at: instantText(at), meanW: watts, maxW: max, minW: min })),
      thinned: proof.thinned,
    },
    notFollowed: notFollowed.map((one) => ({ ...one })),
    subjects: subjects.map(({ subject, members, minimum }) => ({
      subject,
      evseCount: members.length,
      evses: members.slice(0, SUBJECT_MEMBERS),
      minimumW: minimum?.power ?? null,
      minimumFormulas: [...(minimum?.formulas ?? [])],
    })),
    notDrawn: {
      wh: proof.compensation.notDrawnWh,
      cars: proof.compensation.cars,
      quarterHours: proof.compensation.slots.map(({ slot, ...energy }) => ({ start: instantText(startOf(slot)), ...energy })),
    },
    chain: {
      node: chain.node,
      first: evidenceBody(chain.first),
      last: evidenceBody(chain.last),
      entries: chain.entries.map(evidenceBody),
    },
  }
}

function versionBody({ signal, alarms, begin, end, cars, told, applied, compliance, ...instants }: ProvenVersion) {
  return {
    version: signal.version,
    subjects: signal.subjects.slice(0, SUBJECT_MEMBERS),
    maxW: signal.max,
    minW: signal.min,
    toleranceW: toleranceOfSignal(signal),
    preventive: signal.isPreventive === true,
    alarms: [...alarms],
    reference: signal.provenance.reference,
    issued: instantText(signal.issuedAt),
    received: instantText(signal.receivedAt),
    validated: instantText(instants.validatedAt),
    begin: instantText(begin),
    until: instantOrNull(signal.until),
    ended: instantOrNull(end?.at ?? null),
    endedBy: end?.by ?? null,
    cars,
    told,
    firstOrder: instantOrNull(instants.firstOrderAt),
    lastOrder: instantOrNull(instants.lastOrderAt),
    applied,
    firstApplied: instantOrNull(instants.firstAppliedAt),
    lastApplied: instantOrNull(instants.lastAppliedAt),
    measuredWithin: instantOrNull(compliance.withinFrom),
    compliance: complianceBody(compliance),
  }
}

function complianceBody({ inForceMs, withinMs, timePercent, movedWh, beyondWh, energyPercent }: Compliance) {
  return {
    inForceSeconds: inForceMs / 1_000,
    withinSeconds: withinMs / 1_000,
    timePercent,
    energyWh: Math.round(movedWh),
    beyondWh: Math.round(beyondWh),
    energyPercent,
  }
}

function evidenceBody({ sequence, at, hash, kind }: Evidence) {
  return { sequence, kind, at: instantText(at), hash }
}

function toleranceOfSignal({ max, min }: Signal): number {
  return Math.round(toleranceOf(max ?? min ?? 0))
}

function instantOrNull(at: number | null): string | null {
  return at === null ? null : instantText(at)
}
