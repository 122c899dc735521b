import { expect, test } from 'vitest'
import { readTable } from '../../../adapters/wire/table.ts'

const tableOf = (text: string) => {
  const table = readTable(text)
  return table === null ? null : { separator: table.separator, line: table.line, columns: table.columns, rows: [...table.rows()] }
}
const rows = [{ line: 2, cells: ['1', '2'] }]

test('the first line tells the separator; names of columns do not look at capitals', () => {
  expect(tableOf('A,b\n1,2')).toEqual({ separator: ',', line: 1, columns: ['a', 'b'], rows })
  expect(tableOf('a;B\r\n1;2\r\n')).toEqual({ separator: ';', line: 1, columns: ['a', 'b'], rows })
  expect(tableOf('a\tb\n1\t2')).toEqual({ separator: '\t', line: 1, columns: ['a', 'b'], rows })
  expect(tableOf('"a;x",b\n1,2')).toEqual({ separator: ',', line: 1, columns: ['a;x', 'b'], rows })
  expect(tableOf('a;b\r1;2\r')).toEqual({ separator: ';', line: 1, columns: ['a', 'b'], rows })
})

test('a line sep=; is obeyed and counted', () => {
  expect(tableOf('sep=;\r\na;b\r\n1;2,5')).toEqual({
    separator: ';',
    line: 2,
    columns: ['a', 'b'],
    rows: [{ line: 3, cells: ['1', '2,5'] }],
  })
  expect(tableOf('"sep=\t"\na\tb\n')).toEqual({ separator: '\t', line: 2, columns: ['a', 'b'], rows: [] })
})

test('emptied rows and cells beyond the last column are passed over', () => {
  expect(tableOf('a;b;;\n;;;\n1;2;;\n;;\n 1 ; ;3;\n')).toEqual({
    separator: ';',
    line: 1,
    columns: ['a', 'b'],
    rows: [
      { line: 3, cells: ['1', '2'] },
      { line: 5, cells: ['1', '', '3'] },
    ],
  })
  expect([tableOf(''), tableOf('\n;;\n'), tableOf('sep=;\n')]).toEqual([null, null, null])
})
