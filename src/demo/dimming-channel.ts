// CLS management of a dimmed night: opens a channel through the gateway to the active external market participant, over mutual TLS, and commands it.
import { clsPlayer, type ClsPlayer } from '../../adapters/cls/player.ts'
import type { InFlight } from '../../adapters/wire/in-flight.ts'
import type { Clock } from '../../domain/ports/clock.ts'
import { instantText } from '../../domain/time/slot.ts'
import type { OwnCertificate } from './dimming-keys.ts'

export interface ClsManagement {
  /** Opens the channel; rejects where it is refused. It lives from then on. */
  open(): Promise<void>
  /** Resolves when the command is taken and in force; rejects where it is refused. */
  limit(command: string, maxW: number): Promise<void>
  release(command: string): Promise<void>
  /** The last that was heard of a command. */
  feedback(command: string): Readonly<Record<string, unknown>> | null
  close(): void
}
export interface ClsManagementOptions {
  readonly port: number
  readonly channel: string
  readonly own: OwnCertificate
  /** Certificate of the other end. */
  readonly ca: string
  readonly clock: Clock
  readonly work: InFlight
}

/** A channel that says nothing for 15 min is closed. */
const ALIVE_MS = 5 * 60_000

/** Management at rest. Whatever is said waits for its answer before time goes on. */
export function clsManagement({ port, channel, own, ca, clock, work }: ClsManagementOptions): ClsManagement {
  const waiting = new Set<() => void>()
  let player: ClsPlayer | null = null
  let cancel = () => {}

  function heard(isMeant: (message: Readonly<Record<string, unknown>>) => boolean): Promise<void> {
    const seen = player!.heard.length
    return new Promise((resolve, reject) => {
      const look = () => {
        const news = player!.heard.slice(seen)
        const refusal = news.find(({ type }) => type === 'refused' || type === 'closed')
        if (refusal === undefined && !news.some(isMeant)) return
        waiting.delete(look)
        if (refusal === undefined) resolve()
        else reject(new Error(`the channel answered ${JSON.stringify(refusal)}`))
      }
      waiting.add(look)
    })
  }
  async function say(message: object, isAnswer: (message: Readonly<Record<string, unknown>>) => boolean): Promise<void> {
    const answered = heard(isAnswer)
    player!.send(message)
    await work.track(answered)
  }
  function stayAlive(): void {
    cancel = clock.after(ALIVE_MS, 'm-channel', () => {
      void say({ type: 'ping' }, ({ type }) => type === 'pong').catch(() => {})
      stayAlive()
    })
  }
  const command = (type: 'limit' | 'release', name: string) => ({
    type,
    command: name,
    issuedAt: instantText(clock.now()),
    direction: 'consumption',
  })
  const isFeedback = (name: string) => (message: Readonly<Record<string, unknown>>) =>
    message['type'] === 'feedback' && message['command'] === name

  return {
    async open() {
      const told = () => [...waiting].forEach((look) => look())
      player = await clsPlayer({ host: '127.0.0.1', port, tls: { cert: own.cert, key: own.key, ca }, onHeard: told })
      await say({ type: 'open', scenario: 'HKS3', channel }, ({ type }) => type === 'opened')
      stayAlive()
    },
    limit: (name, maxW) => say({ ...command('limit', name), maxW, from: instantText(clock.now()) }, isFeedback(name)),
    release: (name) => say(command('release', name), isFeedback(name)),
    feedback: (name) => player?.heard.findLast(isFeedback(name)) ?? null,
    close() {
      cancel()
      player?.close()
    },
  }
}
