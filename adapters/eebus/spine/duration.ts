// Durations of ISO 8601. Months and years have no length and are refused.
import type { Plain } from '../eebus-json.ts'

const SHAPE = /^P(?:(\d{1,6})W)?(?:(\d{1,7})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,10})M)?(?:(\d{1,12}(?:\.\d{1,9})?)S)?)?$/
const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000]

/** Ms of a duration; null for what is none, has months or years, or lies below zero. */
export function readDuration(value: Plain | undefined): number | null {
  const parts = typeof value === 'string' ? SHAPE.exec(value)?.slice(1) : undefined
  if (parts === undefined || parts.every((part) => part === undefined)) return null
  const ms = parts.reduce((sum, part, index) => sum + Number(part ?? 0) * UNITS_MS[index]!, 0)
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : null
}

/** A duration in hours, minutes and seconds; ms at least 0. */
export function writeDuration(ms: number): string {
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = (ms % 60_000) / 1_000
  const text = [hours > 0 ? `${hours}H` : '', minutes > 0 ? `${minutes}M` : '', seconds > 0 ? `${seconds}S` : ''].join('')
  return `PT${text === '' ? '0S' : text}`
}
