// The controlled station, octet by octet: what a centre sends and what it hears (interface 25, F24, F31).
import { describe, expect, it } from 'vitest'
import { hex, NOW, stationLab, type Line } from './lines.ts'

/** 2026-11-30 17:45:12.345, as the station's clock shows it. */
const TAG = '39302d113e0b1a'
/** Twenty seconds before. */
const STALE = '19e22c113e0b1a'
const EI = ['46010400010000000000', '46010400020000000000']

async function started(lab = stationLab(), centre = 'north') {
  const line = lab.connect(centre)
  await line.start()
  await line.acknowledge()
  line.heard()
  return { lab, line }
}
/** What the station answers to an ASDU. */
async function answers(line: Line, text: string): Promise<string[]> {
  await line.asdu(text)
  return line.heard()
}

describe('the start', () => {
  it('tells each common address once that it is initialised', async () => {
    const lab = stationLab()
    const line = lab.connect()
    await line.start()
    expect(line.heard()).toEqual(EI)
    await line.acknowledge()
    await line.cut()
    const again = lab.connect()
    await again.start()
    expect(again.heard()).toEqual([])
  })

  it('says nothing before it is started', async () => {
    const lab = stationLab()
    const line = lab.connect()
    lab.station.cycle()
    lab.station.take(1, 2_001, { value: 1, quality: 0 }, NOW)
    await line.raw('68 04 43 00 00 00')
    expect([line.heard(), line.frames()]).toEqual([[], ['680483000000']])
  })
})

describe('general interrogation', () => {
  it('is confirmed, answered without times, and ended', async () => {
    const { lab, line } = await started()
    lab.station.take(1, 1_001, { value: 1.5, quality: 0 }, NOW)
    lab.station.take(1, 2_001, { value: 1, quality: 0 }, NOW)
    await line.acknowledge()
    line.heard()
    const [confirmation, singles, floats, termination, ...rest] = await answers(line, '64 01 06 05 01 00 00 00 00 14')
    expect([confirmation, termination, rest]).toEqual(['64010705010000000014', '64010a05010000000014', []])
    expect(singles).toBe('010414050100d1070001d2070080d3070080d4070080')
    // The first is 1.5 and good; whatever nobody has told is invalid.
    expect(floats).toMatch(/^0d0714050100e903000000c03f00ea03000000000080/)
  })

  it('asks for a group, and for all common addresses at once', async () => {
    const { line } = await started()
    expect((await answers(line, '64 01 06 00 01 00 00 00 00 16')).map((asdu) => asdu.slice(0, 6))).toEqual([
      '640107',
      '010416',
      '64010a',
    ])
    const all = await answers(line, '64 01 06 00 ff ff 00 00 00 14')
    expect(all.map((asdu) => [asdu.slice(0, 2), asdu.slice(8, 12)])).toEqual(
      ['0100', '0200'].flatMap((station) => ['64', '01', '0d', '64'].map((type) => [type, station])),
    )
  })

  it('with a qualifier that is not used is refused, and none is under way that could be given up', async () => {
    const { line } = await started()
    expect(await answers(line, '64 01 06 00 01 00 00 00 00 13')).toEqual(['64014700010000000013'])
    expect(await answers(line, '64 01 08 00 01 00 00 00 00 14')).toEqual(['64014900010000000014'])
  })
})

describe('what cannot be answered is mirrored with P/N (44 to 47)', () => {
  it.each([
    ['a type nobody speaks', '7a 01 06 00 01 00 01 02 03', '7a016c000100010203'],
    ['a type of reports', '0d 01 06 00 01 00 01 00 00 00 00 00 00 00', '0d016c0001000100000000000000'],
    ['a set-point of another kind', '31 01 06 00 01 00 b9 0b 00 f4 01 00', '31016c000100b90b00f40100'],
    ['a counter interrogation', '65 01 06 00 01 00 00 00 00 05', '65016c00010000000005'],
    ['a cause a centre does not use', '64 01 14 00 01 00 00 00 00 14', '64016d00010000000014'],
    ['a command as a confirmation', '32 01 07 00 01 00 b9 0b 00 00 00 c0 3f 00', '32016d000100b90b000000c03f00'],
    ['a read as an activation', '66 01 06 00 01 00 e9 03 00', '66016d000100e90300'],
    ['a clock that is given up', `67 01 08 00 01 00 00 00 00 ${TAG}`, `67016d000100000000${TAG}`],
    ['another station', '64 01 06 00 09 00 00 00 00 14', '64016e00090000000014'],
    ['a command to all', '2d 01 06 00 ff ff ba 0b 00 01', '2d016e00ffffba0b0001'],
    ['an unknown command', '32 01 06 00 01 00 01 00 00 00 00 c0 3f 00', '32016f0001000100000000c03f00'],
    ['a set-point to a switch', '32 01 06 00 01 00 ba 0b 00 00 00 c0 3f 00', '32016f000100ba0b000000c03f00'],
    ['a command to a report', '2d 01 06 00 01 00 d1 07 00 01', '2d016f000100d1070001'],
    ['a read of an unknown point', '66 01 05 00 01 00 01 00 00', '66016f000100010000'],
    ['an interrogation with an address', '64 01 06 00 01 00 01 00 00 14', '64016f00010001000014'],
  ])('%s', async (_, sent, heard) => {
    const { lab, line } = await started()
    expect(await answers(line, sent)).toEqual([heard])
    expect(lab.executed).toEqual([])
  })

  it('keeps the test bit and the originator', async () => {
    const { line } = await started()
    expect(await answers(line, '7a 01 86 2a 01 00')).toEqual(['7a01ec2a0100'])
  })

  it('closes when an ASDU is malformed', async () => {
    const { lab, line } = await started()
    await line.asdu('64 01 06 00 01 00 00 00 00')
    expect([line.isClosed(), lab.told.at(-1)]).toEqual([true, 'disconnected north malformed'])
  })
})

describe('set-points', () => {
  it('are confirmed, carried out, and ended; the value is what its octets say', async () => {
    const { lab, line } = await started()
    expect(await answers(line, '32 01 06 07 02 00 b9 0b 00 00 00 c0 3f 00')).toEqual([
      '320107070200b90b000000c03f00',
      '32010a070200b90b000000c03f00',
    ])
    expect(lab.executed).toEqual([{ station: 2, address: 3_001, value: 1.5 }])
  })

  it('with a time of now likewise; with an old, an invalid or an impossible one they are refused (F30)', async () => {
    const { lab, line } = await started()
    const setPoint = (cause: string, tag: string) => `3f01${cause}000100b90b000000c03f00${tag}`
    expect(await answers(line, setPoint('06', TAG))).toEqual([setPoint('07', TAG), setPoint('0a', TAG)])
    const invalid = '3930ad113e0b1a'
    const impossible = '393000183e0b1a'
    for (const tag of [STALE, invalid, impossible])
      expect(await answers(line, setPoint('06', tag))).toEqual([setPoint('47', tag)])
    expect(lab.executed).toHaveLength(1)
  })

  it('are refused where the desk has a reason, and nothing is carried out', async () => {
    const { lab, line } = await started()
    lab.refusal = 'too much'
    expect(await answers(line, '32 01 06 00 01 00 b9 0b 00 00 00 c0 3f 00')).toEqual(['320147000100b90b000000c03f00'])
    expect([lab.executed, lab.told.at(-1)]).toEqual([[], 'command-refused north too much'])
  })

  it('that could not be carried out end negatively', async () => {
    const { lab, line } = await started()
    lab.isDone = false
    expect(await answers(line, '32 01 06 00 01 00 b9 0b 00 00 00 c0 3f 00')).toEqual([
      '320107000100b90b000000c03f00',
      '32014a000100b90b000000c03f00',
    ])
  })

  it('of a test are confirmed and have no effect', async () => {
    const { lab, line } = await started()
    expect(await answers(line, '32 01 86 00 01 00 b9 0b 00 00 00 c0 3f 00')).toEqual(['320187000100b90b000000c03f00'])
    expect(lab.executed).toEqual([])
  })

  it('cannot be selected: they are executed at once', async () => {
    const { line } = await started()
    expect(await answers(line, '32 01 06 00 01 00 b9 0b 00 00 00 c0 3f 80')).toEqual(['320147000100b90b000000c03f80'])
  })
})

describe('select before execute', () => {
  const SELECT_ON = '2d01060001 00ba0b0081'
  const ON = '2d01060001 00ba0b0001'
  const CONFIRMED_SELECT = '2d0107000100ba0b0081'
  const CONFIRMED = '2d0107000100ba0b0001'
  const REFUSED = '2d0147000100ba0b0001'
  const DONE = '2d010a000100ba0b0001'

  it('is confirmed twice and ended once', async () => {
    const { lab, line } = await started()
    expect(await answers(line, SELECT_ON)).toEqual([CONFIRMED_SELECT])
    expect(lab.executed).toEqual([])
    expect(await answers(line, ON)).toEqual([CONFIRMED, DONE])
    expect(lab.executed).toEqual([{ station: 1, address: 3_002, value: 1 }])
    // It is used up.
    expect(await answers(line, ON)).toEqual([REFUSED])
  })

  it('without a selection, with another value, another type or too late it is refused', async () => {
    const { lab, line } = await started()
    expect(await answers(line, ON)).toEqual([REFUSED])
    await answers(line, SELECT_ON)
    expect(await answers(line, '2d01060001 00ba0b0000')).toEqual(['2d0147000100ba0b0000'])
    await answers(line, SELECT_ON)
    expect(await answers(line, `3a01060001 00ba0b0001${TAG}`)).toEqual([`3a0147000100ba0b0001${TAG}`])
    await answers(line, SELECT_ON)
    await lab.pass(10_001)
    line.frames()
    expect(await answers(line, ON)).toEqual([REFUSED])
    expect(lab.executed).toEqual([])
  })

  it('a selection is given up by a deactivation, once', async () => {
    const { line } = await started()
    await answers(line, SELECT_ON)
    expect(await answers(line, '2d01080001 00ba0b0001')).toEqual(['2d0109000100ba0b0001'])
    expect(await answers(line, '2d01080001 00ba0b0001')).toEqual(['2d0149000100ba0b0001'])
    expect(await answers(line, ON)).toEqual([REFUSED])
  })

  it('a selection belongs to its connection', async () => {
    const { lab, line } = await started()
    await answers(line, SELECT_ON)
    const other = await started(lab, 'south')
    expect(await answers(other.line, ON)).toEqual([REFUSED])
    await line.cut()
    const again = await started(lab)
    expect(await answers(again.line, ON)).toEqual([REFUSED])
  })
})

describe('clock, test and read', () => {
  it('confirms the clock with its own time, and says when that is not to be trusted (F36)', async () => {
    const { lab, line } = await started()
    expect(await answers(line, `67 01 06 00 01 00 00 00 00 ${STALE}`)).toEqual([`670107000100000000${TAG}`])
    lab.isClockTrusted = false
    expect(await answers(line, `67 01 06 00 01 00 00 00 00 ${STALE}`)).toEqual(['6701070001000000003930ad113e0b1a'])
  })

  it('confirms a test as it came', async () => {
    const { line } = await started()
    expect(await answers(line, `6b 01 06 00 01 00 00 00 00 aa 55 ${STALE}`)).toEqual([`6b0107000100000000aa55${STALE}`])
  })

  it('reads a point', async () => {
    const { lab, line } = await started()
    lab.station.take(1, 1_005, { value: -2, quality: 0x40 }, NOW)
    await line.acknowledge()
    line.heard()
    expect(await answers(line, '66 01 05 03 01 00 ed 03 00')).toEqual(['0d0105030100ed0300000000c040'])
  })
})

describe('what is told without being asked', () => {
  it('changes with their time, cyclic values without; a quality that changes is told at once', async () => {
    const { lab, line } = await started()
    lab.station.take(1, 2_001, { value: 1, quality: 0 }, NOW)
    lab.station.take(1, 1_001, { value: 1.5, quality: 0 }, NOW)
    lab.station.take(1, 1_001, { value: 2, quality: 0 }, NOW)
    lab.station.take(1, 1_001, { value: 2, quality: 0x40 }, NOW)
    await line.acknowledge()
    expect(line.heard()).toEqual([
      `1e0103000100d1070001${TAG}`,
      `240103000100e903000000c03f00${TAG}`,
      `240103000100e903000000004040${TAG}`,
    ])
    lab.station.cycle()
    await line.acknowledge()
    const [first, second] = line.heard()
    expect(first).toMatch(/^0d0601000100e903000000004040ea03000000000080/)
    expect(second).toMatch(/^0d0601000200/)
  })

  it('cyclic values of more pools than the window has room for follow as they are acknowledged, none is left out', async () => {
    const { lab, line } = await started(stationLab(30))
    for (let i = 0; i < 4; i++) await line.acknowledge()
    line.heard()
    lab.station.cycle()
    await line.raw(Buffer.alloc(0))
    const stations = () => line.read().map(({ station }) => station)
    const first = stations()
    expect(first).toHaveLength(12)
    // The next cycle begins where this one stopped.
    lab.station.cycle()
    for (let i = 0; i < 4; i++) await line.acknowledge()
    const second = stations()
    expect(second).toHaveLength(30)
    expect(second[0]).toBe(13)
    expect(new Set(second).size).toBe(30)
  })

  it('marks times IV while its own clock is doubted (F36)', async () => {
    const { lab, line } = await started()
    lab.isClockTrusted = false
    lab.station.take(1, 2_001, { value: 1, quality: 0 }, NOW)
    await line.acknowledge()
    expect(line.heard()).toEqual(['1e0103000100d10700013930ad113e0b1a'])
  })
})

describe('two lines of one centre (F31)', () => {
  const alarm = (lab: ReturnType<typeof stationLab>, value: number) => lab.station.take(1, 2_004, { value, quality: 0 }, NOW)
  const EVENT = (value: number) => `1e0103000100d407000${value}${TAG}`

  it('the one started last is the one that is served; the other stands by', async () => {
    const { lab, line } = await started()
    const other = lab.connect()
    await other.raw('68 04 43 00 00 00')
    expect(other.frames()).toEqual(['680483000000'])
    await other.start()
    alarm(lab, 1)
    await other.acknowledge()
    expect([line.heard(), other.heard()]).toEqual([[], [EVENT(1)]])
    await other.acknowledge()
    // Nobody has stopped it, so it may be started again.
    await line.start()
    alarm(lab, 0)
    await line.acknowledge()
    expect([line.heard(), other.heard()]).toEqual([[EVENT(0)], []])
  })

  it('what was not acknowledged on one line is told on the other, and what was is not', async () => {
    const { lab, line } = await started()
    await line.acknowledge()
    alarm(lab, 1)
    await line.acknowledge()
    expect(line.heard()).toEqual([EVENT(1)])
    await line.acknowledge()
    alarm(lab, 0)
    // Heard, but never acknowledged.
    await line.raw(Buffer.alloc(0))
    await line.cut()
    alarm(lab, 1)
    const other = lab.connect()
    await other.start()
    expect(other.heard()).toEqual([EVENT(0), EVENT(1)])
  })

  it('keeps a bounded number of events for a centre that is away, the newest, and counts what was dropped', async () => {
    const { lab, line } = await started()
    await line.acknowledge()
    await line.cut()
    for (let i = 0; i < 50; i++) alarm(lab, (i + 1) % 2)
    expect(lab.station.dropped()).toBe(30)
    const again = lab.connect()
    await again.start()
    expect(again.heard()).toHaveLength(12)
    await again.acknowledge()
    expect(again.heard()).toHaveLength(8)
  })

  it('takes four connections of a centre and no more, and none of a stranger', async () => {
    const lab = stationLab()
    const lines = Array.from({ length: 5 }, () => lab.connect())
    const stranger = lab.connect('east')
    await lab.pass(0)
    await stranger.raw(Buffer.alloc(0)).catch(() => {})
    expect(lines.map((line) => line.isClosed())).toEqual([false, false, false, false, true])
    expect([stranger.isClosed(), lab.told.at(-1)]).toEqual([true, 'refused east unknown'])
  })
})

describe('two centres at once', () => {
  it('both are served and told everything, each with what it has not heard', async () => {
    const { lab, line } = await started()
    const { line: south } = await started(lab, 'south')
    await line.acknowledge()
    await south.acknowledge()
    lab.station.take(1, 2_004, { value: 1, quality: 0 }, NOW)
    await line.cut()
    await south.acknowledge()
    expect(south.heard()).toEqual([`1e0103000100d4070001${TAG}`])
    const again = lab.connect()
    await again.start()
    expect(again.heard()).toEqual([`1e0103000100d4070001${TAG}`])
    expect(await answers(south, '32 01 06 00 01 00 b9 0b 00 00 00 c0 3f 00')).toHaveLength(2)
    expect(lab.executed).toHaveLength(1)
  })
})

describe('a centre that does not keep to it', () => {
  it('never acknowledges: twelve are sent, and after t1 the line is closed; the events wait for the next', async () => {
    const { lab, line } = await started()
    await line.acknowledge()
    for (let i = 0; i < 15; i++) lab.station.take(1, 2_004, { value: (i + 1) % 2, quality: 0 }, NOW)
    await lab.pass(14_999)
    expect([line.heard().length, line.isClosed()]).toEqual([12, false])
    await lab.pass(1)
    await lab.pass(0)
    expect([line.isClosed(), lab.told.at(-1)]).toEqual([true, 'disconnected north no-acknowledgement'])
    const again = lab.connect()
    await again.start()
    expect(again.heard()).toHaveLength(12)
    await again.acknowledge()
    expect(again.heard()).toHaveLength(3)
  })

  it('asks without end and hears nothing: the answers that wait are bounded, then the line is closed', async () => {
    const { lab, line } = await started()
    // None of these acknowledges what came after the first.
    await line.batch(Array.from({ length: 200 }, () => hex('64 01 06 00 01 00 00 00 00 14')))
    expect([line.isClosed(), lab.told.at(-1)]).toEqual([true, 'disconnected north not-read'])
  })

  it.each([
    ['a wrong start byte', '69 04 43 00 00 00', 'start-byte'],
    ['a length of 3', '68 03 43 00 00', 'length'],
    ['a length of 254', '68 fe 00 00 00 00', 'length'],
    ['octets of no function', '68 04 4f 00 00 00', 'control-octets'],
    ['a gap of send numbers', '68 0e 0a 00 00 00 64 01 06 00 01 00 00 00 00 14', 'send-number'],
    ['an acknowledgement of what was never sent', '68 04 01 00 20 00', 'receive-number'],
    ['a start confirmation', '68 04 0b 00 00 00', 'out-of-turn'],
    ['a numbered frame without an ASDU', '68 04 00 00 00 00', 'short-asdu'],
  ])('%s closes the line, and the others go on', async (_, frame, reason) => {
    const { lab, line } = await started()
    const { line: south } = await started(lab, 'south')
    await line.raw(frame)
    expect([line.isClosed(), lab.told.at(-1)]).toEqual([true, `disconnected north ${reason}`])
    expect(await answers(south, '66 01 05 00 01 00 e9 03 00')).toEqual(['0d0105000100e903000000000080'])
  })

  it('100,000 mutated frames leave a station that answers the next centre (F24)', async () => {
    const seeds = ['64010600010000000014', '3201060001 00b90b000000c03f00', '2d01060001 00ba0b0081', '660105000100e90300'].map(
      hex,
    )
    const lab = stationLab()
    let state = 7
    const dice = (below: number) => (
      (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0),
      Math.floor((state / 2 ** 32) * below)
    )
    const mutate = (bytes: Buffer) => (bytes[dice(bytes.length)] = dice(256))
    let { line } = await started(lab)
    let closed = 0
    for (let batch = 0; batch < 2_500; batch++) {
      if (line.isClosed()) {
        closed++
        line = (await started(lab)).line
      }
      const asdus = Array.from({ length: 40 }, () => {
        const asdu = Buffer.from(seeds[dice(seeds.length)]!)
        for (let k = dice(3); k > 0; k--) mutate(asdu)
        return asdu
      })
      await line.batch(asdus, (frame) => void (dice(100) === 0 && mutate(frame)))
      for (let i = 0; i < 4; i++) await line.acknowledge()
      line.heard()
    }
    expect(closed).toBeGreaterThan(100)
    expect(lab.executed.length).toBeGreaterThan(100)
    const last = await started(lab)
    expect(await answers(last.line, '66 01 05 00 01 00 e9 03 00')).toEqual(['0d0105000100e903000000000080'])
  })
})
