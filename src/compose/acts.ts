// What people and programs ask for, on record (S8). In the lab nobody is anybody.
import type { IncomingMessage } from 'node:http'
import type { Act } from '../../adapters/rest/route.ts'
import type { AccessFact } from '../../domain/facts/access.ts'
import type { Asker } from '../../domain/registry/asker.ts'
import type { Core } from './core.ts'

export interface Acts {
  asked(act: Act): void
  signedIn(asker: Asker, way: 'provider' | 'password', request: IncomingMessage): void
}

/** Keeps who asked for what; what cannot be recorded is told to the log, for the change itself has been by then. */
export function recordActs(
  { kept, log }: Pick<Core, 'kept' | 'log'>,
  lab: boolean,
  addressOf: (request: IncomingMessage) => string,
): Acts {
  const by = ({ name, role, tenant }: Asker) => ({ name, role, tenant })
  const keep = (fact: AccessFact) => {
    if (lab) return
    kept
      .keep(fact)
      .catch((error: Error) => log('error', 'who asked for a change could not be recorded', { detail: error.message, ...fact }))
  }
  return {
    asked: ({ asker, message, method, path, status, request }) =>
      keep({ kind: 'asked', by: by(asker), method, path, status, from: addressOf(message), request }),
    signedIn: (asker, way, request) => keep({ kind: 'signed-in', by: by(asker), way, from: addressOf(request) }),
  }
}
