// Literal frames of IEC 60870-5-104 beside what they mean, both ways (interfaces 25, F24).
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  frameSplitter,
  informationFrame,
  readFrame,
  supervisoryFrame,
  unnumberedFrame,
} from '../../../adapters/iec104/codec/apci.ts'
import {
  mirrored,
  objectsAtMost,
  readAsdu,
  readHeader,
  writeAsdu,
  type Asdu,
  type InformationObject,
} from '../../../adapters/iec104/codec/asdu.ts'
import { asduType, TYPES } from '../../../adapters/iec104/codec/asdu-types.ts'
import { qualityNames } from '../../../adapters/iec104/codec/quality.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const plain = { qualifier: 0, isSelect: false, time: null }
function asdu(type: number, cause: number, objects: readonly Partial<InformationObject>[], more: Partial<Asdu> = {}): Asdu {
  return {
    type,
    cause,
    isNegative: false,
    isTest: false,
    originator: 0,
    station: 1,
    objects: objects.map((object) => ({ address: 0, value: 0, ...plain, ...object })),
    ...more,
  }
}
/** 2026-11-30 17:45:12.345, a Monday. */
const TIME = { wall: Date.UTC(2026, 10, 30, 17, 45, 12, 345), isInvalid: false, isSummer: false }
const TAG = '39 30 2d 11 3e 0b 1a'

describe('frames', () => {
  it.each([
    ['68 04 07 00 00 00', 'startdt-act'],
    ['68 04 0b 00 00 00', 'startdt-con'],
    ['68 04 13 00 00 00', 'stopdt-act'],
    ['68 04 23 00 00 00', 'stopdt-con'],
    ['68 04 43 00 00 00', 'testfr-act'],
    ['68 04 83 00 00 00', 'testfr-con'],
  ] as const)('%s is %s', (text, is) => {
    expect(readFrame(hex(text))).toEqual({ ok: true, value: { kind: 'unnumbered', is } })
    expect(unnumberedFrame(is)).toEqual(hex(text))
  })

  it('acknowledges and numbers with 15 bits', () => {
    expect(readFrame(hex('68 04 01 00 fe ff'))).toEqual({ ok: true, value: { kind: 'supervisory', received: 32_767 } })
    expect(supervisoryFrame(32_767)).toEqual(hex('68 04 01 00 fe ff'))
    const interrogation = '68 0e fe ff 02 00 64 01 06 00 01 00 00 00 00 14'
    expect(readFrame(hex(interrogation))).toEqual({
      ok: true,
      value: { kind: 'information', sent: 32_767, received: 1, asdu: hex('64 01 06 00 01 00 00 00 00 14') },
    })
    expect(informationFrame(32_767, 1, hex('64 01 06 00 01 00 00 00 00 14'))).toEqual(hex(interrogation))
  })

  it.each([
    ['16 04 07 00 00 00', 'start-byte'],
    ['68 03 07 00 00', 'length'],
    ['68 fe 07 00 00 00', 'length'],
    ['68 05 07 00 00 00 00', 'length'],
    ['68 04 03 00 00 00', 'control-octets'],
    ['68 04 0f 00 00 00', 'control-octets'],
    ['68 04 07 00 00 01', 'control-octets'],
    ['68 04 01 02 00 00', 'control-octets'],
    ['68 09 00 00 00 00 64 01 06 00 01', 'short-asdu'],
  ])('%s is refused: %s', (text, fault) => {
    expect(readFrame(hex(text))).toEqual({ ok: false, refusal: fault })
  })

  it('are found in a stream however it is cut', () => {
    const frames = ['680443000000', '680e0000000064010600010000000014', '68040100fe00'].map(hex)
    const stream = Buffer.concat(frames)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }), (cuts) => {
        const splitter = frameSplitter()
        const seen: Buffer[] = []
        let at = 0
        for (const cut of [...cuts, stream.length]) {
          expect(splitter.push(stream.subarray(at, at + cut), (frame) => seen.push(Buffer.from(frame)))).toBeNull()
          at = Math.min(stream.length, at + cut)
        }
        expect(seen).toEqual(frames)
      }),
    )
  })

  it('end the stream where the next cannot begin', () => {
    expect(frameSplitter().push(hex('68 04 43 00 00 00 69'), () => {})).toBe('start-byte')
    expect(frameSplitter().push(hex('68 03'), () => {})).toBe('length')
    expect(frameSplitter().push(hex('68 fe'), () => {})).toBe('length')
    expect(frameSplitter().push(hex('68'), () => {})).toBeNull()
  })
})

describe('ASDUs', () => {
  it.each<readonly [string, string, Asdu]>([
    ['single point, off and invalid', '01 01 14 00 01 00 65 00 00 80', asdu(1, 20, [{ address: 101, qualifier: 0x80 }])],
    ['double point, on', '03 01 14 00 01 00 66 00 00 02', asdu(3, 20, [{ address: 102, value: 2 }])],
    ['normalised value', '09 01 01 00 01 00 01 10 00 00 c0 00', asdu(9, 1, [{ address: 4097, value: -0.5 }])],
    ['scaled value, overflow', '0b 01 01 00 01 00 02 00 00 ff 7f 01', asdu(11, 1, [{ address: 2, value: 32_767, qualifier: 1 }])],
    [
      'two floats, the second not topical',
      '0d 02 01 00 2a 01 01 00 00 00 00 c0 3f 00 02 00 00 00 00 20 c1 40',
      asdu(
        13,
        1,
        [
          { address: 1, value: 1.5 },
          { address: 2, value: -10, qualifier: 0x40 },
        ],
        { station: 298 },
      ),
    ],
    ['counter', '0f 01 03 00 01 00 07 00 00 40 e2 01 00 05', asdu(15, 3, [{ address: 7, value: 123_456, qualifier: 5 }])],
    ['single point with time', `1e 01 03 00 01 00 65 00 00 01 ${TAG}`, asdu(30, 3, [{ address: 101, value: 1, time: TIME }])],
    [
      'double point with time',
      `1f 01 03 00 01 00 65 00 00 11 ${TAG}`,
      asdu(31, 3, [{ address: 101, value: 1, qualifier: 0x10, time: TIME }]),
    ],
    [
      'normalised value with time',
      `22 01 03 00 01 00 01 00 00 00 40 00 ${TAG}`,
      asdu(34, 3, [{ address: 1, value: 0.5, time: TIME }]),
    ],
    [
      'scaled value with time',
      `23 01 03 00 01 00 01 00 00 9c ff 00 ${TAG}`,
      asdu(35, 3, [{ address: 1, value: -100, time: TIME }]),
    ],
    [
      'float with time',
      `24 01 03 00 01 00 01 00 00 00 00 c0 3f 00 ${TAG}`,
      asdu(36, 3, [{ address: 1, value: 1.5, time: TIME }]),
    ],
    [
      'counter with time',
      `25 01 03 00 01 00 07 00 00 40 e2 01 00 05 ${TAG}`,
      asdu(37, 3, [{ address: 7, value: 123_456, qualifier: 5, time: TIME }]),
    ],
    [
      'single command, select',
      '2d 01 06 07 01 00 01 20 00 81',
      asdu(45, 6, [{ address: 8193, value: 1, isSelect: true }], { originator: 7 }),
    ],
    ['double command, short pulse', '2e 01 06 00 01 00 01 20 00 06', asdu(46, 6, [{ address: 8193, value: 2, qualifier: 1 }])],
    [
      'set-point, normalised',
      '30 01 06 00 01 00 01 20 00 00 40 80',
      asdu(48, 6, [{ address: 8193, value: 0.5, isSelect: true }]),
    ],
    ['set-point, scaled', '31 01 06 00 01 00 01 20 00 f4 01 00', asdu(49, 6, [{ address: 8193, value: 500 }])],
    ['set-point, float', '32 01 06 00 01 00 01 20 00 00 00 c0 3f 00', asdu(50, 6, [{ address: 8193, value: 1.5 }])],
    ['single command with time', `3a 01 06 00 01 00 01 20 00 01 ${TAG}`, asdu(58, 6, [{ address: 8193, value: 1, time: TIME }])],
    ['double command with time', `3b 01 06 00 01 00 01 20 00 01 ${TAG}`, asdu(59, 6, [{ address: 8193, value: 1, time: TIME }])],
    [
      'set-point, normalised, with time',
      `3d 01 06 00 01 00 01 20 00 00 40 00 ${TAG}`,
      asdu(61, 6, [{ address: 8193, value: 0.5, time: TIME }]),
    ],
    [
      'set-point, scaled, with time',
      `3e 01 06 00 01 00 01 20 00 f4 01 00 ${TAG}`,
      asdu(62, 6, [{ address: 8193, value: 500, time: TIME }]),
    ],
    [
      'set-point, float, with time',
      `3f 01 06 00 01 00 01 20 00 00 00 c0 3f 00 ${TAG}`,
      asdu(63, 6, [{ address: 8193, value: 1.5, time: TIME }]),
    ],
    ['end of initialisation', '46 01 04 00 01 00 00 00 00 00', asdu(70, 4, [{}])],
    ['interrogation of a station', '64 01 06 00 ff ff 00 00 00 14', asdu(100, 6, [{ value: 20 }], { station: 65_535 })],
    ['read', '66 01 05 00 01 00 65 00 00', asdu(102, 5, [{ address: 101 }])],
    ['clock', `67 01 06 00 01 00 00 00 00 ${TAG}`, asdu(103, 6, [{ time: TIME }])],
    ['test', `6b 01 06 00 01 00 00 00 00 aa 55 ${TAG}`, asdu(107, 6, [{ value: 0x55aa, time: TIME }])],
    [
      'negative confirmation of a test',
      '2d 01 c7 00 01 00 01 20 00 01',
      asdu(45, 7, [{ address: 8193, value: 1 }], { isNegative: true, isTest: true }),
    ],
  ])('%s', (_, text, meaning) => {
    expect(readAsdu(hex(text))).toEqual({ ok: true, value: meaning })
    expect(writeAsdu(meaning)).toEqual(hex(text))
  })

  it('reads a sequence: one address, the others follow', () => {
    const read = readAsdu(hex('0b 83 14 00 01 00 10 00 00 01 00 00 02 00 00 03 00 00'))
    expect(read.ok && read.value.objects.map(({ address, value }) => [address, value])).toEqual([
      [16, 1],
      [17, 2],
      [18, 3],
    ])
  })

  it.each([
    ['no objects', '0d 00 14 00 01 00'],
    ['one octet is missing', '32 01 06 00 01 00 01 20 00 00 00 c0 3f'],
    ['one octet too many', '32 01 06 00 01 00 01 20 00 00 00 c0 3f 00 00'],
    ['two commands in one', '2d 02 06 00 01 00 01 20 00 01 02 20 00 01'],
    ['a sequence of commands', '2d 81 06 00 01 00 01 20 00 01'],
    ['a header and nothing', '64 01 06 00 01'],
  ])('%s is malformed', (_, text) => {
    expect(readAsdu(hex(text))).toEqual({ ok: false, refusal: 'malformed' })
  })

  it('of unknown types have a header, and go back octet for octet with P/N set', () => {
    const unknown = hex('7a 01 86 09 01 00 01 02 03 04 05')
    expect(readAsdu(unknown)).toEqual({ ok: false, refusal: 'unknown-type' })
    expect(readHeader(unknown)).toEqual({ type: 122, cause: 6, isNegative: false, isTest: true, originator: 9, station: 1 })
    expect(mirrored(unknown, 44, true)).toEqual(hex('7a 01 ec 09 01 00 01 02 03 04 05'))
  })

  it('never grow beyond a frame', () => {
    for (const type of Object.values(TYPES)) {
      const most = objectsAtMost(type)
      const bytes = 6 + most * (3 + asduType(type)!.bytes)
      expect(bytes).toBeLessThanOrEqual(249)
      expect(() =>
        writeAsdu(
          asdu(
            type,
            3,
            Array.from({ length: most + 1 }, () => ({ time: TIME })),
          ),
        ),
      ).toThrow('do not fit')
    }
    expect(objectsAtMost(TYPES.M_ME_NC_1)).toBe(30)
  })
})

describe('time tags and quality', () => {
  it('carry IV and SU', () => {
    const read = readAsdu(hex('67 01 06 00 01 00 00 00 00 39 30 ad 91 3e 0b 1a'))
    expect(read.ok && read.value.objects[0]!.time).toEqual({ ...TIME, isInvalid: true, isSummer: true })
  })

  it.each([
    ['minute 60', '00 00 3c 00 01 01 1a'],
    ['hour 24', '00 00 00 18 01 01 1a'],
    ['ms 60000', '60 ea 00 00 01 01 1a'],
    ['month 13', '00 00 00 00 01 0d 1a'],
    ['31 November', '00 00 00 00 1f 0b 1a'],
    ['day 0', '00 00 00 00 00 0b 1a'],
    ['year 100', '00 00 00 00 01 01 64'],
  ])('%s is no time', (_, tag) => {
    const read = readAsdu(hex(`67 01 06 00 01 00 00 00 00 ${tag}`))
    expect(read.ok && read.value.objects[0]!.time!.wall).toBeNaN()
  })

  it('say every millisecond of a century, both ways', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 11, 31, 23, 59, 59, 999) }), (wall) => {
        const bytes = writeAsdu(asdu(103, 6, [{ time: { ...TIME, wall } }]))
        const read = readAsdu(bytes)
        expect(read.ok && read.value.objects[0]!.time!.wall).toBe(wall)
      }),
    )
  })

  it('are named as in the standard', () => {
    expect([qualityNames(0), qualityNames(0xf1)]).toEqual([[], ['IV', 'NT', 'SB', 'BL', 'OV']])
  })
})

describe('mutated frames (F24)', () => {
  const SEEDS = [
    '68 0e 00 00 00 00 64 01 06 00 01 00 00 00 00 14',
    '68 12 00 00 00 00 32 01 06 00 01 00 01 20 00 00 00 c0 3f 00',
    `68 19 00 00 00 00 3f 01 06 00 01 00 01 20 00 00 00 c0 3f 00 ${TAG}`,
    '68 1a 00 00 00 00 0d 02 01 00 01 00 01 00 00 00 00 c0 3f 00 02 00 00 00 00 20 c1 40',
    '68 04 43 00 00 00',
  ].map(hex)
  const COUNT = Number(process.env['GEGENSTROM_MUTATIONS'] ?? 100_000)

  it(`${COUNT} of them are read or refused; what is read is written back the same`, () => {
    // A generator of its own: the same frames in every run.
    let state = 1
    const dice = (below: number) => (
      (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0),
      Math.floor((state / 2 ** 32) * below)
    )
    let [read, refused] = [0, 0]
    for (let i = 0; i < COUNT; i++) {
      const bytes = Buffer.from(SEEDS[dice(SEEDS.length)]!)
      for (let k = 1 + dice(3); k > 0; k--) bytes[dice(bytes.length)] = dice(256)
      const cut = dice(10) === 0 ? bytes.subarray(0, dice(bytes.length + 1)) : bytes
      const frame = readFrame(cut)
      const asduOf = frame.ok && frame.value.kind === 'information' ? readAsdu(frame.value.asdu) : null
      if (asduOf?.ok !== true) {
        refused++
        continue
      }
      read++
      const { objects } = asduOf.value
      if (objects.every(({ time }) => time === null || !Number.isNaN(time.wall))) {
        const again = readAsdu(writeAsdu(asduOf.value))
        if (!again.ok) throw new Error(`${cut.toString('hex')} cannot be read again`)
        if (JSON.stringify(again.value) !== JSON.stringify(asduOf.value)) throw new Error(`${cut.toString('hex')} has changed`)
      }
    }
    expect(read).toBeGreaterThan(COUNT / 10)
    expect(refused).toBeGreaterThan(COUNT / 10)
  })
})
