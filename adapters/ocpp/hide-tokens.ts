// The edge behind which nobody knows a token: events and shown frames carry pseudonyms, also where a station repeats a token in a free text.
import type { Abilities } from '../../domain/registry/abilities.ts'
import { FRAME_CHARACTERS_MAX } from './frame-log.ts'
import { HIDDEN, maskedFrame } from './masked-frame.ts'
import type { EventBody } from './inbound.ts'

/** A token as a card or car presents it becomes what may be recorded and shown. */
export type Pseudonym = (token: string) => string
/** Pseudonyms of the tokens a station used last, by the token in small letters; in memory only, over all its connections. */
export type KnownTokens = Map<string, string>

/** What is known of the tokens of one station. Nothing here throws, and what it costs is bounded whatever the station writes. */
export interface TokenFilter {
  /** The tokens of a message that fits its schema are found in texts from now on. */
  heard(payload: object): void
  /** A token of our own making or telling is found in texts from now on. */
  know(token: string): void
  /** A token of our own making stands for a pseudonym. */
  alias(token: string, hidden: string): void
  /** The pseudonym of a token. */
  hidden(token: string): string
  /** A free text of the station without the tokens it used last, at most 4,096 characters. */
  text(text: string): string
  /** What may be kept of a frame: its first 4,096 characters without tokens and secrets. It may hold on to the whole frame: copy what is kept. */
  frame(text: string): string
  event(event: EventBody): EventBody
}

/** What a station writes about older ones is not recognised. Each is in a frame or two of its own, so they outlast the log of frames. */
const TOKENS_REMEMBERED = 64
/** The longest token of any version (2.1, IdTokenType). */
const TOKEN_CHARACTERS_MAX = 255
/** A token that a cut would halve is looked for as a whole. */
const LOOKED_AT = FRAME_CHARACTERS_MAX + TOKEN_CHARACTERS_MAX
/** The identifier of the shortest cards; anything shorter would be found in numbers that have nothing to do with it. */
const FOUND_FROM_CHARACTERS = 8
/** Tokens of one frame that get a pseudonym; each costs one HMAC, however often it stands there. */
const TOKENS_A_FRAME_MAX = 16
const NOT_SHOWN = '(not shown)'

/** A filter for what one station says; `known` is what is remembered of it. */
export function tokenFilter(pseudonym: Pseudonym, known: KnownTokens): TokenFilter {
  function know(token: string): string {
    const key = folded(token)
    const hidden = known.get(key) ?? pseudonym(token)
    if (token.length < FOUND_FROM_CHARACTERS || token.length > TOKEN_CHARACTERS_MAX) return hidden
    // Once more at the end: what was used last is forgotten last.
    known.delete(key)
    known.set(key, hidden)
    if (known.size > TOKENS_REMEMBERED) known.delete(known.keys().next().value!)
    return hidden
  }

  function alias(token: string, hidden: string): void {
    known.set(folded(token), hidden)
    know(token)
  }

  function text(whole: string): string {
    const part = whole.slice(0, LOOKED_AT)
    return copied(withoutTokens(part, folded(part), known, FRAME_CHARACTERS_MAX))
  }

  function frame(whole: string): string {
    const own: KnownTokens = new Map()
    function hide(token: string): string {
      if (token.length > TOKEN_CHARACTERS_MAX) return HIDDEN
      const key = folded(token)
      const before = known.get(key) ?? own.get(key)
      if (before !== undefined) return before
      if (own.size >= TOKENS_A_FRAME_MAX) return HIDDEN
      const hidden = pseudonym(token)
      own.set(key, hidden)
      return hidden
    }
    try {
      const small = folded(whole)
      const masked = maskedFrame(whole, small, LOOKED_AT, hide)
      const shown = withoutTokens(
        masked,
        masked === whole ? small : folded(masked),
        own.size === 0 ? known : new Map([...known, ...own]),
        FRAME_CHARACTERS_MAX,
      )
      return masked.length > FRAME_CHARACTERS_MAX ? `${shown}…` : shown
    } catch {
      // Its message might hold what must not be shown.
      return NOT_SHOWN
    }
  }

  function heard(payload: object): void {
    const { idTag, idToken } = payload as { readonly idTag?: unknown; readonly idToken?: unknown }
    if (typeof idTag === 'string') know(idTag)
    if (typeof idToken !== 'object' || idToken === null) return
    const { idToken: token, additionalInfo } = idToken as { readonly idToken?: unknown; readonly additionalInfo?: unknown }
    if (Array.isArray(additionalInfo))
      for (const info of (additionalInfo as readonly unknown[]).slice(0, TOKENS_A_FRAME_MAX / 2)) {
        const more = (info as { readonly additionalIdToken?: unknown } | null)?.additionalIdToken
        if (typeof more === 'string') know(more)
      }
    if (typeof token === 'string') know(token)
  }

  function event(body: EventBody): EventBody {
    const orNull = (part: string | null) => (part === null ? null : text(part))
    switch (body.kind) {
      case 'authorize':
        return { ...body, token: know(body.token) }
      case 'session-started':
      case 'session-updated':
        return { ...body, token: body.token === null ? null : know(body.token) }
      case 'status':
        return { ...body, detail: orNull(body.detail) }
      case 'session-ended': {
        const { token, ...rest } = body
        return { ...rest, detail: text(body.detail), ...(token === undefined ? {} : { token: know(token) }) }
      }
      case 'disconnected':
        return { ...body, detail: text(body.detail) }
      case 'security':
        return { ...body, type: text(body.type), detail: orNull(body.detail) }
      case 'booted':
        return {
          ...body,
          vendor: text(body.vendor),
          model: text(body.model),
          serial: orNull(body.serial),
          firmware: orNull(body.firmware),
        }
      case 'impossible-values':
        return { ...body, values: body.values.map(text) }
      case 'abilities':
        return { ...body, abilities: withTexts(body.abilities, text) }
      case 'connected':
      case 'form-taken':
      case 'heartbeat':
      case 'needs':
      case 'readings':
      case 'external-limit':
      case 'external-limit-cleared':
        return body
    }
  }

  return { heard, know: (token) => void know(token), alias, hidden: know, text, frame, event }
}

/** Abilities with each text of the station as `text` makes it. */
function withTexts(abilities: Abilities, text: (one: string) => string): Abilities {
  const all = (texts: readonly string[] | null) => texts?.map(text) ?? null
  return {
    ...abilities,
    purposes: all(abilities.purposes),
    operationModes: all(abilities.operationModes),
    measurands: all(abilities.measurands),
    timeSource: abilities.timeSource === null ? null : text(abilities.timeSource),
  }
}

/** Whatever their letters: stations spell one card in capitals here and in small letters there. Of the same length, so that places stay. */
function folded(text: string): string {
  return text.replaceAll('İ', 'I').toLowerCase()
}

/** A part of a text would keep all of it in memory. */
function copied(part: string): string {
  return Buffer.from(part).toString()
}

/** The first characters of a text with a pseudonym in every place of a token, also in the spelling it has inside of JSON. Places that overlap become one. `small` is the text in small letters. */
function withoutTokens(text: string, small: string, tokens: KnownTokens, charactersMax: number): string {
  const found: { readonly from: number; readonly to: number; readonly hidden: string }[] = []
  for (const [token, hidden] of tokens) {
    if (token.length < FOUND_FROM_CHARACTERS) continue
    const escaped = JSON.stringify(token).slice(1, -1)
    for (const spelled of escaped === token ? [token] : [token, escaped])
      for (let at = small.indexOf(spelled); at >= 0 && at < charactersMax; at = small.indexOf(spelled, at + spelled.length))
        found.push({ from: at, to: at + spelled.length, hidden })
  }
  if (found.length === 0) return text.slice(0, charactersMax)
  found.sort((a, b) => a.from - b.from || b.to - a.to)
  let shown = ''
  let end = 0
  for (const { from, to, hidden } of found) {
    if (from >= end) shown += text.slice(end, from) + hidden
    end = Math.max(end, to)
  }
  return shown + text.slice(end, Math.max(end, charactersMax))
}
