// What lies over the page: the list of keys, and the question for an API key.
import { useEffect, useRef, useState } from 'preact/hooks'
import { storedKey, storeKey } from './api.ts'
import { refusedSignIn, signInProvider } from './sign-in.ts'
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
  const [provider, setProvider] = useState<string | null>(null)
  const [refusal] = useState(refusedSignIn)
  useEffect(() => {
    void signInProvider().then(setProvider)
  }, [])
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
        {refusal !== null && (
          <p class="message bad" role="alert">
            {texts.notLetIn[refusal] ?? texts.notLetIn['provider']}
          </p>
        )}
        {provider !== null && (
          <a class="button primary" href="/v1/sign-in">
            {texts.signInWith(provider)}
          </a>
        )}
        <p>{provider === null ? texts.signInHint : texts.orKey}</p>
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
        {refusal === null && storedKey() !== null && (
          <p class="message bad" role="alert">
            {texts.keyUnknown}
          </p>
        )}
        <button type="submit" class={provider === null ? 'primary' : undefined}>
          {texts.signIn}
        </button>
      </form>
    </main>
  )
}
