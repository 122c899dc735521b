// What may be asked of sessions, and the one thing about them that can be changed from outside: the driver's wish.
import type { Asker } from '../../registry/asker.ts'
import type { SessionId } from '../../registry/identity.ts'
import type { Session, Wish } from '../../registry/session.ts'
import type { Money } from '../../units.ts'
import type { Result } from '../../result.ts'
import type { SessionPosition } from '../stores.ts'

export type WishRefusal =
  { readonly kind: 'unknown-session' } | { readonly kind: 'ended' } | { readonly kind: 'invalid'; readonly detail: string }
/** What a driver can ask for. */
export type NewWish = Pick<Wish, 'readyBy' | 'targetSoc' | 'minimumSoc'>

/** When a car is likely to leave of which nobody told; epoch ms. One in ten leaves before `early`, half before `middle`, nine in ten before `late`. */
export interface UntoldDeparture {
  readonly early: number
  readonly middle: number
  readonly late: number
  /** What it would save to know the departure, this time and with as many visits as usual in a month. */
  readonly worth: Money
  readonly worthAMonth: Money
}

export interface SessionAnswers {
  /** Sessions that overlap [from, until), as the store lists them; behind a position where one is given. */
  sessions(asker: Asker, from: number, until: number, limit: number, after?: SessionPosition | null): Promise<readonly Session[]>
  /** Null for a session nobody knows, or the asker may not know of; a driver knows those of their own vehicles. */
  session(asker: Asker, session: SessionId): Promise<Session | null>
  /** What is foretold of the departure of a session; null where it was told, or the session is over. */
  untoldDeparture(asker: Asker, session: SessionId): Promise<UntoldDeparture | null>
  /** Changes the driver's wish and replans this car at once. Resolves when it is durable. */
  changeWish(asker: Asker, session: SessionId, wish: NewWish): Promise<Result<Wish, WishRefusal>>
}
