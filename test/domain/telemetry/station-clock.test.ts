// What the times a station tells say about its clock, one after the other.
import { describe, expect, it } from 'vitest'
import { corrected, hearStation, RIGHT_CLOCK, type StationClock } from '../../../domain/telemetry/station-clock.ts'

const NOW = Date.parse('2026-11-02T10:00:00Z')
const S = 1_000
const MIN = 60 * S
const H = 60 * MIN

/** Pairs of differences, told less heard, and ms until the next message. */
function heard(differences: readonly (readonly [number, number])[], clock: StationClock = RIGHT_CLOCK): StationClock {
  let at = NOW
  for (const [difference, until] of differences) {
    clock = hearStation(clock, at + difference, at)
    at += until
  }
  return clock
}

describe('the clock of a station (F7)', () => {
  it.each([
    [
      'right, with delays',
      [
        [-200, MIN],
        [-12 * S, MIN],
        [-900, MIN],
      ],
      0,
    ],
    ['ahead by 90 s, at once', [[90 * S - 300, MIN]], 90 * S - 300],
    [
      'ahead, the shortest delay counts',
      [
        [89 * S, MIN],
        [90 * S, MIN],
        [80 * S, MIN],
      ],
      90 * S,
    ],
    ['local time of Berlin told as UTC, at once', [[H - 400, MIN]], H],
    ['the same in summer, after a message that waited', [[2 * H - 9 * S, S]], 2 * H],
    ['in 2106', [[80 * 365 * 24 * H, S]], 80 * 365 * 24 * H],
    ['never set, at once', [[-20_000 * 24 * H, S]], -20_000 * 24 * H],
    [
      'behind by ten minutes, once it goes on at our pace',
      [
        [-10 * MIN, 6 * S],
        [-10 * MIN - 400, 6 * S],
        [-10 * MIN + 300, S],
      ],
      -10 * MIN + 300,
    ],
    [
      'behind, after two messages only',
      [
        [-10 * MIN, 30 * S],
        [-10 * MIN, S],
      ],
      0,
    ],
    [
      'local time of New York told as UTC',
      [
        [-5 * H - 300, 2 * S],
        [-5 * H - 200, S],
      ],
      -5 * H,
    ],
    [
      'what waited and comes at once',
      [
        [-30 * MIN, 20],
        [-29 * MIN, 20],
        [-28 * MIN, 20],
        [-5 * MIN, 20],
        [-200, S],
      ],
      0,
    ],
    [
      'what waited of one instant',
      [
        [-H, 20],
        [-H + 20, 20],
        [-H + 40, 20],
        [-H + 60, 20],
      ],
      0,
    ],
    [
      'one mad time',
      [
        [30 * 365 * 24 * H, S],
        [-300, S],
      ],
      0,
    ],
    [
      'set right by our answer',
      [
        [3 * MIN, S],
        [-200, S],
      ],
      0,
    ],
    [
      'set right after it was behind',
      [
        [-20_000 * 24 * H, S],
        [-4 * S, S],
      ],
      0,
    ],
    [
      'back to winter time',
      [
        [2 * H - 300, MIN],
        [H - 300, MIN],
        [H - 200, MIN],
      ],
      H,
    ],
  ] as const)('%s', (_, differences, skewMs) => {
    expect(heard(differences).skewMs).toBe(skewMs)
  })

  it('puts right what is told', () => {
    expect(corrected(heard([[H - 400, 0]]), NOW + H)).toBe(NOW)
  })

  it('is the same object while it tells nothing new', () => {
    const clock = heard([[H, MIN]])
    expect(hearStation(clock, NOW + H - 300, NOW)).toBe(clock)
    expect(hearStation(RIGHT_CLOCK, NOW - 300, NOW)).toBe(RIGHT_CLOCK)
  })
})
