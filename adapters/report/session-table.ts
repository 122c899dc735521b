// The sessions that gain most from charging both ways.
import { dateTime, escape, figure, localTime } from './figures.ts'
import type { ReportSession } from './plan-report.ts'

const COLUMNS = [
  'session',
  'car',
  'plugged in',
  'hours',
  'immediate',
  'smart',
  'bidirectional',
  'saving',
  'fed back kWh',
  'wear',
] as const

export function sessionTable(sessions: readonly ReportSession[]): string {
  if (sessions.length === 0) return '<p>There is no session.</p>'
  const rows = sessions.map(({ session, vehicle, pluggedAt, unpluggedAt, sums }) => {
    const { immediate, smart, bidirectional } = sums
    const hours = localTime(unpluggedAt).diff(localTime(pluggedAt), 'hours').hours
    const figures = [
      figure(hours, 1),
      figure(immediate.cost, 2),
      figure(smart.cost, 2),
      figure(bidirectional.cost, 2),
      figure(immediate.cost - bidirectional.cost, 2),
      figure(bidirectional.discharged, 1),
      figure(bidirectional.wear, 2),
    ]
    const words = [session, vehicle, dateTime(pluggedAt)].map((word) => `<td class="word">${escape(word)}</td>`)
    return `<tr>${words.join('')}${figures.map((value) => `<td>${value}</td>`).join('')}</tr>`
  })
  const head = COLUMNS.map((name, i) => `<th scope="col"${i < 3 ? ' class="word"' : ''}>${name}</th>`)
  return `<table class="sessions"><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}
