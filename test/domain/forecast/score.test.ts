import { expect, test } from 'vitest'
import { pinball, scoreOf } from '../../../domain/forecast/score.ts'
import { quantile, weighted } from '../../../domain/forecast/weighted.ts'

test('the pinball loss is least at the quantile', () => {
  const actual = Array.from({ length: 101 }, (_, i) => i)
  const loss = (share: number, forecast: number) => actual.reduce((sum, value) => sum + pinball(share, forecast, value), 0)
  for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
    const best = quantile(weighted(actual.map((value) => [value, 1])), share)
    for (const other of actual) expect(loss(share, other)).toBeGreaterThanOrEqual(loss(share, best) - 1e-9)
  }
})

test('coverage counts the bounds, the error is that of the median', () => {
  const quantiles = [0, 10, 20, 30, 40]
  const score = scoreOf([0, 10, 35, 41].map((actual) => ({ quantiles, actual })))!
  expect(score.within90).toBe(0.75)
  expect(score.within50).toBe(0.25)
  expect(score.meanAbsolute).toBe((20 + 10 + 15 + 21) / 4)
  expect(scoreOf([])).toBeNull()
})
