// What a person may ask of a station: chosen, given a reason, confirmed, and its outcome shown beside those before.
import { useEffect, useState } from 'preact/hooks'
import { ask, type CommandDetail } from './api.ts'
import type { ActionKind, ByHandWords } from './by-hand-words.ts'
import { time } from './format.ts'
import type { Language, Texts } from './language.ts'

interface StationActionsProps {
  readonly station: string
  readonly evse: string
  readonly dialect: string | null
  readonly locked: boolean
  readonly language: Language
  readonly texts: Texts
}
interface Draft {
  readonly action: ActionKind
  readonly token: string
  readonly message: string
  readonly setting: string
  readonly value: string
  readonly reason: string
}

const MESSAGES = ['StatusNotification', 'MeterValues', 'Heartbeat', 'BootNotification', 'TransactionEvent']
const EMPTY: Draft = { action: 'reset', token: '', message: MESSAGES[0]!, setting: '', value: '', reason: '' }
const SHOWN_MAX = 5
const REFRESH_MS = 5_000

export function StationActions({ station, evse, dialect, locked, language, texts }: StationActionsProps) {
  const words = texts.byHand
  const [draft, setDraft] = useState(EMPTY)
  const [isAsked, setAsked] = useState(false)
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)
  const [lately, setLately] = useState<readonly CommandDetail[]>([])
  const path = `/v1/stations/${encodeURIComponent(station)}/commands`

  async function load(): Promise<void> {
    const reply = await ask<{ readonly commands: readonly CommandDetail[] }>(path)
    if (reply.ok) setLately(reply.value.commands.slice(0, SHOWN_MAX))
  }
  useEffect(() => {
    setDraft(EMPTY)
    setAsked(false)
    setRefusal(null)
    void load()
    const timer = window.setInterval(() => void load(), REFRESH_MS)
    return () => window.clearInterval(timer)
  }, [station])

  function edit(change: Partial<Draft>): void {
    setAsked(false)
    setRefusal(null)
    setDraft({ ...draft, ...change })
  }
  async function send(): Promise<void> {
    setBusy(true)
    const name = `page-${Date.now().toString(36)}-${Math.floor(Math.random() * 1e9).toString(36)}`
    const number = Number(evse.slice(evse.lastIndexOf('/') + 1))
    const reply = await ask<CommandDetail>(`${path}/${name}`, { method: 'PUT', body: bodyOf(draft, number, dialect) })
    setBusy(false)
    setAsked(false)
    if (reply.ok) setDraft({ ...EMPTY, action: draft.action })
    else setRefusal(reply.refusal.status === 0 ? texts.serverAway : words.notDone(reply.refusal.detail))
    await load()
  }

  return (
    <form
      class="by-hand"
      onSubmit={(event) => {
        event.preventDefault()
        setAsked(true)
      }}
    >
      <h3>{words.title}</h3>
      <fieldset disabled={locked || busy}>
        <Choice draft={draft} words={words} edit={edit} />
        <Line
          id="reason"
          name={words.reason}
          value={draft.reason}
          hint={words.reasonHint}
          min={3}
          onInput={(reason) => edit({ reason })}
        />
        {isAsked ? (
          <div class="actions" role="alertdialog" aria-label={words.sure(words.actions[draft.action], evse)}>
            <b>{words.sure(words.actions[draft.action], evse)}</b>
            <button type="button" id="by-hand-confirm" class="primary" onClick={() => void send()}>
              {busy ? words.asking : words.confirm}
            </button>
            <button type="button" onClick={() => setAsked(false)}>
              {words.cancel}
            </button>
          </div>
        ) : (
          <div class="actions">
            <button type="submit" id="by-hand-ask">
              {words.ask}
            </button>
            <span class="message bad" role="status">
              {refusal}
            </span>
          </div>
        )}
      </fieldset>
      {lately.length > 0 && (
        <ul id="by-hand-lately" aria-label={words.lately} aria-live="polite">
          {lately.map((one) => (
            <li key={one.command}>
              <span class="hint">{time(Date.parse(one.askedAt), language)}</span> {one.asked}
              {one.evse === null ? '' : ` /${one.evse}`}:{' '}
              <b>{one.outcome === null ? words.asking : (words.outcomes[one.outcome] ?? one.outcome)}</b>{' '}
              {one.detail === 'Accepted' ? '' : one.detail}
              {(one.values ?? []).map((value) => ` · ${value.variable} = ${value.value ?? `(${value.status ?? '***'})`}`)}
              <span class="hint">
                {' '}
                {one.by}, {one.role}: {one.reason}
              </span>
            </li>
          ))}
        </ul>
      )}
    </form>
  )
}

/** What is asked for, and what has to be said with it. */
function Choice({ draft, words, edit }: { draft: Draft; words: ByHandWords; edit: (change: Partial<Draft>) => void }) {
  const { action } = draft
  return (
    <>
      <label>
        <span>{words.action}</span>
        <select
          id="by-hand-action"
          value={action}
          onChange={(event) => edit({ action: event.currentTarget.value as ActionKind })}
        >
          {(Object.entries(words.actions) as [ActionKind, string][]).map(([kind, text]) => (
            <option key={kind} value={kind}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {action === 'start' && <Line id="token" name={words.token} value={draft.token} onInput={(token) => edit({ token })} />}
      {action === 'trigger' && (
        <label>
          <span>{words.message}</span>
          <select id="by-hand-message" value={draft.message} onChange={(event) => edit({ message: event.currentTarget.value })}>
            {MESSAGES.map((message) => (
              <option key={message}>{message}</option>
            ))}
          </select>
        </label>
      )}
      {(action === 'read' || action === 'set') && (
        <Line
          id="setting"
          name={words.setting}
          value={draft.setting}
          hint="OCPPCommCtrlr.HeartbeatInterval"
          onInput={(setting) => edit({ setting })}
        />
      )}
      {action === 'set' && <Line id="value" name={words.value} value={draft.value} onInput={(value) => edit({ value })} />}
    </>
  )
}

interface LineProps {
  readonly id: string
  readonly name: string
  readonly value: string
  readonly hint?: string
  readonly min?: number
  readonly onInput: (value: string) => void
}
function Line({ id, name, value, hint = '', min = 1, onInput }: LineProps) {
  return (
    <label>
      <span>{name}</span>
      <input
        id={`by-hand-${id}`}
        type="text"
        autocomplete="off"
        required
        minlength={min}
        maxlength={200}
        placeholder={hint}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  )
}

function bodyOf({ action, token, message, setting, value, reason }: Draft, evse: number, dialect: string | null): object {
  switch (action) {
    case 'reset':
    case 'hard-reset':
      return { kind: 'reset', mode: action === 'reset' ? 'soft' : 'hard', reason }
    case 'start':
      return { kind: 'start', evse, token, reason }
    case 'trigger':
      return {
        kind: 'trigger',
        message,
        evse: message === 'StatusNotification' || message === 'MeterValues' ? evse : null,
        reason,
      }
    case 'on':
    case 'off':
      return { kind: 'availability', evse, operative: action === 'on', reason }
    case 'read':
      return { kind: 'get-configuration', variables: [variableOf(setting, dialect)], reason }
    case 'set':
      return { kind: 'set-configuration', variable: variableOf(setting, dialect), value, reason }
    default:
      return { kind: action, evse, reason }
  }
}

/** 1.6 has plain keys; later versions name the component in front of a dot. */
function variableOf(setting: string, dialect: string | null): object {
  const dot = setting.indexOf('.')
  if (dialect === 'ocpp1.6' || dot < 0) return { variable: setting.trim() }
  return { component: setting.slice(0, dot).trim(), variable: setting.slice(dot + 1).trim() }
}
