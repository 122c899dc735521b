// What lies over the page: the list of keys, and the question for an API key.
import { useEffect, useRef, useState } from 'preact/hooks'
import { storedKey, storeKey } from './api.ts'
import { KEYS_ONLY, refusedSignIn, signInByPassword, signInWays, type Ways } from './sign-in.ts'
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

/** Asked for only when the server refuses to talk to strangers. */
export function SignIn({ texts, onSignedIn }: { texts: Texts; onSignedIn: () => void }) {
  const [ways, setWays] = useState<Ways>(KEYS_ONLY)
  const [refusal] = useState(refusedSignIn)
  useEffect(() => {
    void signInWays().then(setWays)
  }, [])
  const hasOthers = ways.provider !== null || ways.password
  return (
    <main class="sign-in">
      <div class="ways">
        <h1>Gegenstrom</h1>
        {refusal !== null && (
          <p class="message bad" role="alert">
            {texts.notLetIn[refusal] ?? texts.notLetIn['provider']}
          </p>
        )}
        {ways.provider !== null && (
          <a class="button primary" href="/v1/sign-in">
            {texts.signInWith(ways.provider)}
          </a>
        )}
        {ways.password && <PasswordForm texts={texts} onSignedIn={onSignedIn} isFirst={ways.provider === null} />}
        <KeyForm
          texts={texts}
          onSignedIn={onSignedIn}
          isFirst={!hasOthers}
          isRefused={refusal === null && storedKey() !== null}
        />
      </div>
    </main>
  )
}

interface FormOf {
  readonly texts: Texts
  readonly onSignedIn: () => void
  readonly isFirst: boolean
}

function KeyForm({ texts, onSignedIn, isFirst, isRefused }: FormOf & { readonly isRefused: boolean }) {
  const [key, setKey] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        storeKey(key.trim())
        onSignedIn()
      }}
    >
      <p>{isFirst ? texts.signInHint : texts.orKey}</p>
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
      {isRefused && (
        <p class="message bad" role="alert">
          {isFirst ? texts.keyUnknown : texts.sessionOver}
        </p>
      )}
      <button type="submit" class={isFirst ? 'primary' : undefined}>
        {texts.signIn}
      </button>
    </form>
  )
}

function PasswordForm({ texts, onSignedIn, isFirst }: FormOf) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [refusal, setRefusal] = useState<string | null>(null)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void signInByPassword(name, password).then((refused) => {
          setRefusal(refused)
          if (refused === null) onSignedIn()
        })
      }}
    >
      {!isFirst && <p>{texts.orPassword}</p>}
      <label>
        <span>{texts.userName}</span>
        <input autocomplete="username" required value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <label>
        <span>{texts.password}</span>
        <input
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      {refusal !== null && (
        <p class="message bad" role="alert">
          {texts.notLetIn[refusal]}
        </p>
      )}
      <button type="submit" class={isFirst ? 'primary' : undefined}>
        {texts.signIn}
      </button>
    </form>
  )
}
