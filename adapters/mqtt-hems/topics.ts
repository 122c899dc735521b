// The topics of energy managers: one subtree for each site, so that a broker can bind it to its owner.
import { HEMS_MESSAGES, type HemsMessageName } from './messages.ts'

/** Where a message stands: whose it is, what kind of message, and the name behind it (asset or method). */
export interface HemsTopic {
  readonly tenant: string
  readonly site: string
  readonly message: HemsMessageName
  /** Asset of telemetry, method of a call; empty for the others. */
  readonly name: string
}
export interface HemsTopics {
  /** Everything energy managers write. */
  readonly filters: readonly string[]
  /** Null for a topic that is none of these. */
  read(topic: string): HemsTopic | null
  /** Where we write for a site. */
  write(of: { readonly tenant: string; readonly site: string }, rest: string): string
}

const PART = /^[^\p{C}/+#]{1,128}$/u

/** Topics under a prefix such as `ta/v1`. */
export function hemsTopics(prefix: string): HemsTopics {
  const names = Object.keys(HEMS_MESSAGES) as HemsMessageName[]
  const plain = new Map(names.filter((name) => !HEMS_MESSAGES[name].isNamed).map((name) => [name as string, name]))
  const named = new Map(names.filter((name) => HEMS_MESSAGES[name].isNamed).map((name) => [name as string, name]))
  return {
    filters: names.map((name) => `${prefix}/+/+/${name}${HEMS_MESSAGES[name].isNamed ? '/+' : ''}`),
    read(topic) {
      if (!topic.startsWith(`${prefix}/`)) return null
      const [tenant = '', site = '', ...rest] = topic.slice(prefix.length + 1).split('/')
      if (!PART.test(tenant) || !PART.test(site)) return null
      const message = plain.get(rest.join('/'))
      if (message !== undefined) return { tenant, site, message, name: '' }
      const name = rest.at(-1) ?? ''
      const of = named.get(rest.slice(0, -1).join('/'))
      return of !== undefined && PART.test(name) ? { tenant, site, message: of, name } : null
    },
    write: ({ tenant, site }, rest) => `${prefix}/${tenant}/${site}/${rest}`,
  }
}
