// `npm run hostile -- --messages 1000000 --seeds 20`: hostile messages against the real application, seed after seed; ends with 1 when a promise breaks.
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { runHostile, type HostileRun } from './run-hostile.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    seeds: { type: 'string', default: '1' },
    first: { type: 'string', default: '1' },
  },
})
const [messages, seeds, first] = [values.messages, values.seeds, values.first].map(Number) as [number, number, number]
if (![messages, seeds, first].every((value) => Number.isInteger(value) && value > 0)) {
  console.error('usage: npm run hostile -- [--messages N] [--seeds N] [--first N]: messages in all, shared out among the seeds')
  process.exit(2)
}

let broken = 0
for (let seed = first; seed < first + seeds; seed++) {
  const started = Date.now()
  const run = await runHostile({ seed: String(seed), messages: Math.ceil(messages / seeds) })
  const faults = faultsOf(run)
  broken += faults.length
  const { before: _, after: __, complaints, ...figures } = run
  console.log(JSON.stringify({ seed, seconds: Math.round((Date.now() - started) / 1000), ...figures, faults }))
  if (faults.length > 0) console.log(complaints.slice(0, 10).join('\n'), `\nSEED=${seed} npm run hostile -- --first ${seed}`)
}
process.exitCode = broken === 0 ? 0 : 1

/** What was promised and did not hold. */
function faultsOf(run: HostileRun): readonly string[] {
  const faults: string[] = []
  if (run.failures > 0) faults.push(`${run.failures} failures inside`)
  if ((run.answers['InternalError'] ?? 0) > 0) faults.push(`${run.answers['InternalError']} internal errors`)
  for (const status of Object.keys(run.statuses)) if (Number(status.slice(0, 3)) >= 400) faults.push(`the API answered ${status}`)
  if (run.honest.led < run.honest.plugged) faults.push('honest cars are not led')
  if (run.degraded.length > 0) faults.push(`degraded: ${run.degraded.join()}`)
  if (!isDeepStrictEqual(run.before, run.after)) faults.push('the state after a restart is another one')
  return faults
}
