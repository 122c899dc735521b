// Keeps the page told: one WebSocket, opened again whenever it breaks, and the state everything on the page is drawn from.
import { LIVE_PROTOCOL, type LiveChart, type LiveEvse, type LiveMessage, type LivePool } from '../live-snapshot.ts'
import { ask, storedKey } from './api.ts'

export interface LiveState {
  /** `loading` before the first message, `live`, `broken` when nothing came for a while, `locked` when a key is needed. */
  readonly link: 'loading' | 'live' | 'broken' | 'locked'
  readonly pool: LivePool | null
  readonly chart: LiveChart | null
  readonly evses: ReadonlyMap<string, LiveEvse>
  /** Wall clock of this browser: when the last message came, when the next try is due. */
  readonly heardAt: number
  readonly retryAt: number | null
}

const SILENCE_MS = 5_000
const RETRY_MS = [1_000, 2_000, 5_000, 10_000]
const EMPTY: LiveState = { link: 'loading', pool: null, chart: null, evses: new Map(), heardAt: 0, retryAt: null }

/** Opens the stream and calls `show` with each new state. Returns a function that opens it again at once. */
export function openLive(show: (state: LiveState) => void): () => void {
  let state = EMPTY
  let socket: WebSocket | null = null
  let tries = 0
  let timer = 0

  function set(change: Partial<LiveState>): void {
    state = { ...state, ...change }
    show(state)
  }

  function connect(): void {
    window.clearTimeout(timer)
    const key = storedKey()
    const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/live`
    const own = new WebSocket(address, key === null ? [LIVE_PROTOCOL] : [LIVE_PROTOCOL, `key.${key}`])
    socket?.close()
    socket = own
    own.addEventListener('message', (event) => {
      tries = 0
      set(merge(state, JSON.parse(String(event.data)) as LiveMessage))
    })
    own.addEventListener('close', () => {
      if (socket === own) void retry()
    })
  }

  async function retry(): Promise<void> {
    socket = null
    // A refused handshake does not say why; a plain question does.
    const health = await ask<unknown>('/v1/journal/head')
    if (!health.ok && (health.refusal.status === 401 || health.refusal.status === 403))
      return set({ link: 'locked', retryAt: null })
    const wait = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]!
    set({ link: state.pool === null ? 'loading' : 'broken', retryAt: Date.now() + wait })
    timer = window.setTimeout(connect, wait)
  }

  window.setInterval(() => {
    if (state.link === 'live' && Date.now() - state.heardAt > SILENCE_MS) set({ link: 'broken' })
    else if (state.link === 'broken') set({})
  }, 1_000)
  connect()
  return connect
}

function merge(state: LiveState, message: LiveMessage): LiveState {
  const evses = message.kind === 'snapshot' ? new Map<string, LiveEvse>() : new Map(state.evses)
  for (const evse of message.evses) evses.set(evse.evse, evse)
  return {
    link: 'live',
    pool: message.pool,
    chart: message.chart ?? state.chart,
    evses,
    heardAt: Date.now(),
    retryAt: null,
  }
}
