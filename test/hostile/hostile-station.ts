// A station that means harm: it sends what schemas allow, answers orders as it likes, and comes again when it is thrown out.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Dialect } from '../../adapters/ocpp/rpc/frame.ts'
import { oneOf, type Roll } from '../../adapters/twin/dice.ts'
import type { Channel, InFlight } from '../../adapters/wire/in-flight.ts'
import { hostileMessage, type Knowledge } from './hostile-payload.ts'

export interface HostileStation {
  /** Sends messages and answers how many; connects first where it has to, and sends none where it is not let in. */
  send(count: number, now: number): Promise<number>
  /** Answers by kind: 3, or the error code of a 4. */
  readonly answers: ReadonlyMap<string, number>
  stop(): void
}
export interface HostileStationOptions {
  readonly url: string
  readonly name: string
  readonly password: string
  readonly dialect: Dialect
  readonly roll: Roll
  readonly tokens: readonly string[]
  readonly inFlight: InFlight
}

/** Transactions it goes on talking about. */
const REMEMBERED = 4
const ANSWERS = [{ status: 'Accepted' }, { status: 'Accepted' }, { status: 'Rejected' }, {}, { status: 7 }] as const

/** A hostile station, not yet connected. */
export function hostileStation(options: HostileStationOptions): HostileStation {
  const { name, dialect, roll } = options
  const channel: Channel = options.inFlight.channel(name)
  const answers = new Map<string, number>()
  const transactions = dialect === 'ocpp1.6' ? ['1'] : ['1-X', 'X', 'T1', '__proto__']
  let socket: WebSocket | null = null
  let number = 0

  async function connected(): Promise<WebSocket | null> {
    if (socket !== null && socket.readyState === WebSocket.OPEN) return socket
    const authorization = `Basic ${Buffer.from(`${name}:${options.password}`).toString('base64')}`
    const fresh = new WebSocket(`${options.url}/ocpp/${encodeURIComponent(name)}`, [dialect], { headers: { authorization } })
    fresh.on('message', (data) => {
      take(fresh, String(data))
      channel.handled()
    })
    fresh.on('error', () => {})
    const isOpen = await once(fresh, 'open').then(
      () => true,
      () => false,
    )
    socket = isOpen ? fresh : null
    return socket
  }

  function take(from: WebSocket, text: string): void {
    const [type, id, third] = JSON.parse(text) as [number, string, unknown]
    if (type === 2) return answer(from, id)
    const kind = type === 3 ? '3' : String(third)
    answers.set(kind, (answers.get(kind) ?? 0) + 1)
    const given = (third as { transactionId?: number } | undefined)?.transactionId
    if (type !== 3 || given === undefined) return
    transactions.push(String(given))
    if (transactions.length > REMEMBERED) transactions.shift()
  }

  function answer(to: WebSocket, id: string): void {
    const choice = roll()
    if (choice < 0.1) return
    if (choice < 0.2) return write(to, JSON.stringify([4, id, 'InternalError', '', {}]))
    write(to, JSON.stringify([3, id, oneOf(roll, ANSWERS)]))
  }

  function write(to: WebSocket, text: string): void {
    if (to.readyState !== WebSocket.OPEN) return
    channel.sent()
    to.send(text, (error) => {
      if (error) channel.handled()
    })
  }

  return {
    answers,
    async send(count, now) {
      const to = await connected()
      if (to === null) return 0
      const knows: Knowledge = { now, transactions, tokens: options.tokens }
      for (let i = 0; i < count; i++) {
        const { action, payload } = hostileMessage(dialect, roll, knows)
        const isSend = dialect === 'ocpp2.1' && roll() < 0.02
        write(to, JSON.stringify([isSend ? 6 : 2, `h${++number}`, action, payload]))
      }
      return count
    },
    stop: () => socket?.terminate(),
  }
}
