// `gegenstrom eebus trust`, `untrust`, `list`: who is paired with us. What runs takes changes up within seconds.
import type { Ski } from '../../adapters/eebus/ship/certificate.ts'
import { instantText } from '../../domain/time/slot.ts'
import { trustFileIn } from '../compose/open-eebus.ts'
import { addTrusted, readTrusted, removeTrusted } from '../files/eebus-trust-file.ts'
import { exitError, type CommandIo } from './exit.ts'

/** Trusts a key from now on. */
export function trust(
  home: string,
  ski: Ski,
  { name, site }: { readonly name: string; readonly site?: string },
  io: CommandIo,
): void {
  addTrusted(trustFileIn(home), { ski, name, site: site ?? null, since: instantText(Date.now()) })
  io.stderr(`${ski} is trusted; what runs with this home takes it up within 2 s\n`)
}

/** Trusts a key no longer, and ends its connections. */
export function untrust(home: string, ski: Ski, io: CommandIo): void {
  if (!removeTrusted(trustFileIn(home), ski)) throw exitError(1, `${ski} is not among those in ${trustFileIn(home)}`)
  io.stderr(`${ski} is trusted no longer; its connections end within 2 s\n`)
}

/** Prints who is trusted. */
export function listTrusted(home: string, isJson: boolean, io: CommandIo): void {
  const trusted = readTrusted(trustFileIn(home))
  if (isJson) return io.stdout(`${JSON.stringify({ trusted })}\n`)
  if (trusted.length === 0) io.stderr('nobody is trusted yet: `gegenstrom eebus trust SKI`\n')
  for (const { ski, name, site, since } of trusted)
    io.stdout(`${ski}  since ${since}${site === null ? '' : `  site ${site}`}  ${name}\n`)
}
