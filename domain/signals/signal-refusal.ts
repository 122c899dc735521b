// Why a signal is not taken, with what its sender needs to know, and the same as a sentence.

export type SignalRefusal =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'outdated'; readonly current: number; readonly isWithdrawn: boolean }
  | { readonly kind: 'conflict'; readonly current: number }
  | { readonly kind: 'withdrawn'; readonly current: number }
  | { readonly kind: 'unknown-signal' }
  | { readonly kind: 'unknown-subjects'; readonly subjects: readonly string[]; readonly places: readonly number[] }
  | { readonly kind: 'too-many-subjects'; readonly most: number }
  | { readonly kind: 'full'; readonly name: string; readonly most: number }
  | { readonly kind: 'not-recordable'; readonly detail: string }
  | { readonly kind: 'impossible'; readonly field: SignalField; readonly detail: string }
export type SignalField = 'subjects' | 'from' | 'until' | 'issuedAt' | 'min' | 'max' | 'rank'

/** One sentence for the sender. */
export function signalRefusalText(refusal: SignalRefusal): string {
  switch (refusal.kind) {
    case 'foreign':
      return 'this id belongs to a signal of another sender'
    case 'outdated':
      return refusal.isWithdrawn
        ? `the signal was withdrawn as of version ${refusal.current}; an older one never comes back`
        : `version ${refusal.current} is known; an older one never replaces it`
    case 'conflict':
      return `version ${refusal.current} is known with another content; a change needs a higher version`
    case 'withdrawn':
      return `version ${refusal.current} was withdrawn; to set the signal again send a higher version`
    case 'unknown-signal':
      return 'there is no signal of this id'
    case 'unknown-subjects':
      return `the registry does not know ${refusal.subjects.slice(0, 5).join(', ')}${refusal.subjects.length > 5 ? ` and ${refusal.subjects.length - 5} more` : ''}; nothing of the signal was applied`
    case 'too-many-subjects':
      return `a signal names at most ${refusal.most} subjects; name an area or a pool instead`
    case 'full':
      return `${refusal.name} cannot hold more than ${refusal.most} signals: withdraw those that nobody needs`
    case 'not-recordable':
      return `nothing can be recorded right now: ${refusal.detail}`
    case 'impossible':
      return refusal.detail
  }
}
