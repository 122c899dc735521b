// Registers at the begin and at the end of a transaction beside the samples between: whatever zero they count from, energy is a difference that is confirmed.
import { describe, expect, it } from 'vitest'
import { take, settle, type SlotBook } from '../../../domain/telemetry/book-register.ts'
import { emptyLedger } from '../../../domain/telemetry/register-ledger.ts'
import { alignRegister, unknownZero } from '../../../domain/telemetry/register-zero.ts'
import type { Slot } from '../../../domain/time/slot.ts'

const NOW = Date.parse('2026-11-02T10:00:00Z')
const MIN = 60_000

type Told = readonly [minute: number, wh: number, edge?: 'begin' | 'end', transaction?: string]

function counted(...all: readonly Told[]): number {
  const ledger = emptyLedger('importedWh', 13_750)
  const book: SlotBook = { meters: new Map(), closedUntil: 0 as Slot, before: new Map() }
  const zero = unknownZero()
  for (const [minute, wh, edge = null, transaction = 'T1'] of all) {
    const at = NOW + minute * MIN
    if (ledger.isStale) settle(ledger, book, at)
    alignRegister(zero, ledger, { at, wh, edge, transaction }, (when, value) => take(ledger, book, when, value, at))
  }
  if (ledger.isStale) settle(ledger, book, NOW)
  return [...book.meters.values()].reduce((sum, { importedWh }) => sum + importedWh, 0)
}

describe('registers of one transaction', () => {
  it.each<readonly [string, readonly Told[], number]>([
    [
      'all from one zero',
      [
        [0, 5_000, 'begin'],
        [5, 5_500],
        [10, 6_000],
        [15, 6_700, 'end'],
      ],
      1_700,
    ],
    [
      'over the life of the meter at both ends, of the session between',
      [
        [0, 157_000, 'begin'],
        [5, 500],
        [10, 1_000],
        [15, 158_700, 'end'],
      ],
      1_700,
    ],
    [
      'the same for more than an hour',
      [
        [0, 157_000, 'begin'],
        [5, 500],
        [40, 4_000],
        [80, 8_000],
        [81, 165_100, 'end'],
      ],
      8_100,
    ],
    [
      'of the session at both ends, over the life between',
      [
        [0, 0, 'begin'],
        [5, 157_500],
        [10, 158_000],
        [15, 1_700, 'end'],
      ],
      1_700,
    ],
    [
      'from 0 at the begin only',
      [
        [0, 0, 'begin'],
        [5, 157_500],
        [10, 158_000],
        [15, 158_700, 'end'],
      ],
      1_200,
    ],
    [
      'from another zero at the end only',
      [
        [0, 0, 'begin'],
        [5, 500],
        [10, 1_000],
        [15, 158_700, 'end'],
      ],
      1_000,
    ],
    [
      'without samples',
      [
        [0, 5_000, 'begin'],
        [60, 9_000, 'end'],
      ],
      4_000,
    ],
    [
      'without a meter',
      [
        [0, 0, 'begin'],
        [60, 0, 'end'],
      ],
      0,
    ],
    [
      'with one absurd sample first',
      [
        [0, 5_000, 'begin'],
        [5, 5_500_000],
        [10, 6_000],
        [15, 6_700, 'end'],
      ],
      1_700,
    ],
    [
      'with a sample of nothing first',
      [
        [0, 5_000, 'begin'],
        [5, 0],
        [10, 6_000],
        [15, 6_700, 'end'],
      ],
      1_700,
    ],
    [
      'with one absurd sample and no other',
      [
        [0, 5_000, 'begin'],
        [5, 0],
        [15, 6_700, 'end'],
      ],
      1_700,
    ],
    [
      'with a begin that is told again with each sample',
      [
        [0, 5_000, 'begin'],
        [5, 5_000, 'begin'],
        [5, 5_500],
        [10, 5_000, 'begin'],
        [10, 6_000],
      ],
      1_000,
    ],
  ])('%s', (_, told, wh) => {
    expect(counted(...told)).toBeCloseTo(wh)
  })

  it('go on with the next one, each from its own zero', () => {
    const one: readonly Told[] = [
      [0, 157_000, 'begin'],
      [5, 500],
      [10, 1_000],
      [15, 158_000, 'end'],
    ]
    const two: readonly Told[] = [
      [120, 158_000, 'begin', 'T2'],
      [125, 700, undefined, 'T2'],
      [130, 900, undefined, 'T2'],
      [135, 159_000, 'end', 'T2'],
    ]
    expect(counted(...one, ...two)).toBeCloseTo(2_000)
  })
})

describe('a register that jumps while no car is there', () => {
  const booked = (order: readonly number[]) => {
    const ledger = emptyLedger('importedWh', 13_750)
    const book: SlotBook = { meters: new Map(), closedUntil: 0 as Slot, before: new Map() }
    const samples = [
      [0, 1_000],
      [5, 1_500],
      [3_000, 90_000],
      [3_005, 90_400],
      [3_010, 90_500],
    ] as const
    ledger.idle = [{ from: NOW + 5 * MIN, until: NOW + 3_000 * MIN }]
    for (const i of order) take(ledger, book, NOW + samples[i]![0] * MIN, samples[i]![1], NOW + 3_010 * MIN)
    if (ledger.isStale) settle(ledger, book, NOW)
    return [...book.meters.values()].reduce((sum, { importedWh }) => sum + importedWh, 0)
  }
  it('books nothing of the jump, in whatever order it is told', () => {
    for (const order of [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [2, 0, 4, 1, 3],
    ])
      expect(booked(order)).toBeCloseTo(1_000)
  })
})
