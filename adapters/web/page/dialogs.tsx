// What lies over the page: the list of keys, and the question for an API key.
import { useEffect, useRef, useState } from 'preact/hooks'
import { storedKey, storeKey } from './api.ts'
import type { Texts } from './language.ts'

/** The keys; closed by Esc, by the same key, or by clicking beside it. */
export function Help({ texts, onClose }: { texts: Texts; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog
      ref={dialog}
      id="help"
      aria-label={texts.help}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <h2>{texts.help}</h2>
      <dl>
        {texts.keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split('  ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  )
}

/** Asked for only when the server refuses to talk without a key. */
export function SignIn({ texts, onSignedIn }: { texts: Texts; onSignedIn: () => void }) {
  const [key, setKey] = useState('')
  return (
    <main class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          storeKey(key.trim())
          onSignedIn()
        }}
      >
        <h1>Gegenstrom</h1>
        <p>{texts.signInHint}</p>
        <label>
          <span>{texts.key}</span>
          <input
            type="password"
            autocomplete="off"
            required
            pattern="\s*gs_[0-9a-f]{16}_[A-Za-z0-9_\-]{43}\s*"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        {storedKey() !== null && (
          <p class="message bad" role="alert">
            {texts.keyUnknown}
          </p>
        )}
        <button type="submit" class="primary">
          {texts.signIn}
        </button>
      </form>
    </main>
  )
}
