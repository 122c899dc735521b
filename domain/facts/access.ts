// Who asked for a change, and how people came in: kept for whoever looks at it later. Nothing about the fleet follows from it (S8).
import type { Role } from '../registry/asker.ts'
import type { TenantId } from '../registry/identity.ts'

/** Whoever asked, by the name of their key or account. */
export interface Actor {
  readonly name: string
  readonly role: Role
  /** Null for the operator of the installation. */
  readonly tenant: TenantId | null
}
export type AccessFact =
  /** A change over the API that was answered: what became of it stands in the entries beside. `status` is that of HTTP; 403 was not allowed. */
  | {
      readonly kind: 'asked'
      readonly by: Actor
      readonly method: string
      readonly path: string
      readonly status: number
      /** Address it came from. */
      readonly from: string
      /** Name of the request, as in the log and in answers. */
      readonly request: string
    }
  | { readonly kind: 'signed-in'; readonly by: Actor; readonly way: 'provider' | 'password'; readonly from: string }
