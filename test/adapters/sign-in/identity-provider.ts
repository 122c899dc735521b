// An identity provider with keys of its own on a real port: it does what is asked, and what an attacker would like it to do.
import { createHash } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose'

export interface IdentityProvider {
  readonly issuer: string
  /** Claims of the next tokens beside those that are always right; what is set here wins. */
  claims: Record<string, unknown>
  /** How the next id token is signed. */
  signing: 'key' | 'none' | 'foreign-key' | 'public-key-as-secret'
  /** Makes a new key; the old one is on the list no more. */
  rotate(): Promise<void>
  /** Signs a token of a machine. */
  token(claims: Record<string, unknown>): Promise<string>
  /** Codes asked for so far. */
  codes(): number
  close(): Promise<void>
}
interface Waiting {
  readonly challenge: string
  readonly nonce: string
  readonly redirect: string
}
interface OwnKey {
  readonly id: string
  readonly secret: CryptoKey
  readonly open: JWK
}

export const CLIENT = { id: 'gegenstrom', secret: 'a client secret for tests only' }

async function makeKey(id: string): Promise<OwnKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { id, secret: privateKey, open: { ...(await exportJWK(publicKey)), kid: id, alg: 'RS256', use: 'sig' } }
}

/** A provider that listens; with a certificate over TLS. */
export async function openIdentityProvider(
  tls: { readonly cert: string; readonly key: string } | null = null,
): Promise<IdentityProvider> {
  let key = await makeKey('first')
  const foreign = await makeKey('first')
  const codes = new Map<string, Waiting>()
  let asked = 0
  const answer: RequestListener = (request, response) => {
    const url = new URL(request.url!, provider.issuer)
    const json = (status: number, body: object) =>
      void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname === '/.well-known/openid-configuration')
      return json(200, {
        issuer: provider.issuer,
        authorization_endpoint: `${provider.issuer}/authorize`,
        token_endpoint: `${provider.issuer}/token`,
        jwks_uri: `${provider.issuer}/keys`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
        subject_types_supported: ['public'],
      })
    if (url.pathname === '/keys') return json(200, { keys: [key.open] })
    if (url.pathname === '/authorize') {
      const ask = (name: string) => url.searchParams.get(name) ?? ''
      const code = `code-${++asked}`
      codes.set(code, { challenge: ask('code_challenge'), nonce: ask('nonce'), redirect: ask('redirect_uri') })
      const back = new URL(ask('redirect_uri'))
      back.searchParams.set('code', code)
      back.searchParams.set('state', ask('state'))
      return void response.writeHead(302, { Location: back.href }).end()
    }
    if (url.pathname !== '/token') return json(404, {})
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const form = new URLSearchParams(body)
      const waiting = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const digest = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const isRight =
        waiting !== undefined &&
        digest === waiting.challenge &&
        form.get('client_secret') === CLIENT.secret &&
        form.get('redirect_uri') === waiting.redirect
      if (!isRight) return json(400, { error: 'invalid_grant' })
      void sign({ aud: CLIENT.id, sub: 'somebody', nonce: waiting.nonce, ...provider.claims }).then((id_token) =>
        json(200, { access_token: 'opaque', token_type: 'Bearer', expires_in: 300, id_token }),
      )
    })
  }
  const server: Server = tls === null ? createServer(answer) : createTlsServer(tls, answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo

  function sign(claims: Record<string, unknown>): Promise<string> {
    const seconds = Math.floor(Date.now() / 1_000)
    const payload = { iss: provider.issuer, iat: seconds, exp: seconds + 300, ...claims }
    switch (provider.signing) {
      case 'none':
        return Promise.resolve(new UnsecuredJWT(payload).encode())
      case 'foreign-key':
        return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: key.id }).sign(foreign.secret)
      case 'public-key-as-secret':
        return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: key.id }).sign(Buffer.from(JSON.stringify(key.open)))
      default:
        return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: key.id }).sign(key.secret)
    }
  }
  const provider: IdentityProvider = {
    issuer: `${tls === null ? 'http' : 'https'}://${tls === null ? '127.0.0.1' : 'localhost'}:${port}`,
    claims: {},
    signing: 'key',
    async rotate() {
      key = await makeKey(`${key.id}-next`)
    },
    token: sign,
    codes: () => asked,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return provider
}
