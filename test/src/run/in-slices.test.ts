import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/run/clock.ts'
import { inSlices } from '../../../src/run/in-slices.ts'
import { steadyPace } from '../../../src/run/pace.ts'

const settle = async () => {}

describe('long work in slices', () => {
  it('begins at once, leaves turns to others, and loses or doubles nothing', async () => {
    const clock = manualClock(0)
    const said: string[] = []
    inSlices([1, 2, 3, 4, 5], {
      clock,
      pace: steadyPace(2),
      key: 'work',
      pauseMs: 0,
      run: (item) => said.push(`do ${item}`),
      end: (items) => said.push(`end ${items.join()}`),
    })
    clock.after(0, 'a message', () => said.push('a message'))
    expect(said.at(-1)).toMatch(/^end 1/)
    await clock.runUntil(0, settle)
    const done = said.filter((line) => line.startsWith('do'))
    expect(done).toEqual(['do 1', 'do 2', 'do 3', 'do 4', 'do 5'])
    expect(said.indexOf('a message')).toBeLessThan(said.indexOf('do 5'))
    expect(clock.elapsed()).toBe(0)
  })

  it('goes on after a slice that failed, and stops when it is told to', async () => {
    const clock = manualClock(0)
    const done: number[] = []
    const begin = () =>
      inSlices([1, 2, 3, 4, 5, 6, 7, 8], {
        clock,
        pace: steadyPace(1),
        key: 'work',
        pauseMs: 0,
        run: (item) => void done.push(item),
        end: () => {
          if (done.length <= 2) throw new Error('this slice')
        },
      })
    expect(begin).toThrow('this slice')
    await clock.runUntil(0, settle)
    expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const stop = begin()
    stop()
    const { length } = done
    await clock.runUntil(0, settle)
    expect(done.length).toBe(length)
  })
})
