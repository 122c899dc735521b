// The driver's wish: ready by, goal, minimum. A change is planned at once; somebody else's change is never overwritten unseen.
import { useEffect, useState } from 'preact/hooks'
import { ask, type SessionDetail } from './api.ts'
import { localParts, nextLocal, number, percent, timeSeconds } from './format.ts'
import { Icon } from './icons.tsx'
import type { Language, Texts } from './language.ts'

interface WishFormProps {
  readonly session: SessionDetail
  readonly etag: string
  readonly now: number
  readonly locked: boolean
  readonly language: Language
  readonly texts: Texts
  readonly onChanged: () => void
}
interface Draft {
  readonly readyBy: string
  readonly target: number
  readonly minimum: number
}

export function WishForm({ session, etag, now, locked, language, texts, onChanged }: WishFormProps) {
  const [draft, setDraft] = useState<Draft | null>(null)
  const [version, setVersion] = useState(etag)
  const [message, setMessage] = useState<{ readonly text: string; readonly good: boolean } | null>(null)
  const [busy, setBusy] = useState(false)
  const current = draftOf(session)
  const shown = draft ?? current
  const changed =
    draft !== null && (draft.readyBy !== current.readyBy || draft.target !== current.target || draft.minimum !== current.minimum)

  // Nothing typed yet: what is shown is the newest version.
  useEffect(() => {
    if (draft === null) setVersion(etag)
  }, [etag, draft])

  function edit(change: Partial<Draft>): void {
    setMessage(null)
    setDraft({ ...shown, ...change })
  }
  async function save(event: Event): Promise<void> {
    event.preventDefault()
    if (shown.minimum > shown.target) return setMessage({ text: texts.minimumAboveTarget, good: false })
    setBusy(true)
    const [hour, minute] = shown.readyBy.split(':').map(Number)
    const readyBy = shown.readyBy === current.readyBy ? Date.parse(session.wish.readyBy) : nextLocal(now, hour ?? 0, minute ?? 0)
    const reply = await ask(`/v1/sessions/${encodeURIComponent(session.id)}/wish`, {
      method: 'PUT',
      ifMatch: version,
      body: { readyBy: new Date(readyBy).toISOString(), targetSoc: shown.target / 100, minimumSoc: shown.minimum / 100 },
    })
    setBusy(false)
    if (reply.ok) {
      setDraft(null)
      setMessage({ text: texts.saved(timeSeconds(now, language)), good: true })
    } else if (reply.refusal.status === 412) {
      setDraft(null)
      setMessage({ text: texts.changedMeanwhile, good: false })
    } else setMessage({ text: reply.refusal.status === 0 ? texts.serverAway : texts.refused(reply.refusal.detail), good: false })
    onChanged()
  }

  return (
    <form class="wish" onSubmit={(event) => void save(event)}>
      <h3>
        {texts.wish} <span class="hint">{texts.wishBy[session.wish.by] ?? session.wish.by}</span>
      </h3>
      <fieldset disabled={locked || busy}>
        <label>
          <span>{texts.readyBy}</span>
          <input
            id="wish-ready-by"
            type="text"
            required
            inputmode="numeric"
            pattern="([01]?\d|2[0-3]):[0-5]\d"
            maxlength={5}
            placeholder="07:00"
            value={shown.readyBy}
            onInput={(event) => edit({ readyBy: event.currentTarget.value })}
          />
          <output />
        </label>
        <Slider id="target" name={texts.target} value={shown.target} language={language} onInput={(target) => edit({ target })} />
        <Slider
          id="minimum"
          name={texts.minimum}
          value={shown.minimum}
          language={language}
          onInput={(minimum) => edit({ minimum })}
        />
        <div class="actions">
          <button type="submit" class="primary" disabled={!changed}>
            {busy ? texts.saving : texts.changeWish}
          </button>
          <span class={`message ${message?.good === false ? 'bad' : ''}`} role="status">
            {message !== null && (
              <>
                {message.good && <Icon name="done" />} {message.text}
              </>
            )}
          </span>
        </div>
      </fieldset>
    </form>
  )
}

function Slider({
  id,
  name,
  value,
  language,
  onInput,
}: {
  id: string
  name: string
  value: number
  language: Language
  onInput: (value: number) => void
}) {
  return (
    <label>
      <span>{name}</span>
      <input
        id={`wish-${id}`}
        type="range"
        min="0"
        max="100"
        step="5"
        value={value}
        aria-valuetext={`${number(value, language)} %`}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
      />
      <output>{percent(value / 100, language)}</output>
    </label>
  )
}

function draftOf({ wish }: SessionDetail): Draft {
  const { hour, minute } = localParts(Date.parse(wish.readyBy))
  return {
    readyBy: `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
    target: Math.round(wish.targetSoc * 100),
    minimum: Math.round(wish.minimumSoc * 100),
  }
}
