// Somebody signs in at their organisation's provider and sees the control room: the running service over TLS, a provider with keys of its own, a real browser.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RecordedAct } from '../../src/commands/journal-acts.ts'
import { CLIENT, openIdentityProvider, type IdentityProvider } from '../adapters/sign-in/identity-provider.ts'
import { testCertificate } from './certificate.ts'
import { freePort, run, start, type Program } from './processes.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const PASSWORD = 'correct horse battery staple'
const root = resolve(import.meta.dirname, '../..')
const artifacts = join(root, 'test/artifacts')
const tls = testCertificate()
if (!existsSync(CHROMIUM) && process.env['CI'] === 'true') throw new Error(`${CHROMIUM} is missing: apt-get install chromium`)
const missing = tls === null ? 'no openssl command' : existsSync(CHROMIUM) ? null : `${CHROMIUM} is missing`

describe.skipIf(missing !== null)(
  `signing in with a browser${missing === null ? '' : ` (skipped: ${missing})`}`,
  { timeout: 90_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'sign-in-'))
    let idp: IdentityProvider
    let program: Program
    let browser: Browser
    let page: Page
    let address = ''

    beforeAll(async () => {
      if (!existsSync(join(root, 'dist/web/index.html')))
        await build({ configFile: join(root, 'adapters/web/vite.config.ts'), logLevel: 'error' })
      idp = await openIdentityProvider({ cert: tls!.cert.toString(), key: tls!.key.toString() })
      const port = await freePort()
      address = `https://localhost:${port}`
      const [file, secret] = [join(folder, 'sign-in.json'), join(folder, 'secret')]
      writeFileSync(secret, CLIENT.secret, { mode: 0o600 })
      writeFileSync(
        file,
        JSON.stringify({
          issuer: idp.issuer,
          clientId: CLIENT.id,
          clientSecretFile: secret,
          address,
          name: 'Stadtwerk',
          audience: 'api://gegenstrom',
          rights: [{ group: 'dispatchers', role: 'dispatcher' }],
        }),
      )
      const [accounts, password] = [join(folder, 'accounts.json'), join(folder, 'password')]
      writeFileSync(password, `${PASSWORD}\n`)
      const made = await run(['account', 'set', 'grace', '--role', 'viewer', '--accounts', accounts, '--password-file', password])
      expect(made).toMatchObject({ code: 0, stdout: '' })
      expect(readFileSync(accounts, 'utf8')).not.toContain(PASSWORD)
      expect((await run(['account', 'list', '--accounts', accounts])).stdout).toBe('grace\tviewer\t-\n')
      program = start(['serve'], {
        ACCOUNTS_FILE: accounts,
        GEGENSTROM_SECRET: 'a pepper of this installation for tests',
        GEGENSTROM_HOME: join(folder, 'home'),
        HTTP_PORT: String(port),
        TLS_CERT_FILE: tls!.certFile,
        TLS_KEY_FILE: tls!.keyFile,
        SIGN_IN_FILE: file,
        NODE_EXTRA_CA_CERTS: tls!.certFile,
        LOG_LEVEL: 'info',
      })
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
      page = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB' })).newPage()
      const isUp = async () => expect((await page.request.get(`${address}/healthz`)).ok()).toBe(true)
      await vi.waitFor(isUp, { timeout: 90_000, interval: 200 })
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      await program?.end('SIGTERM')
      await idp?.close()
      rmSync(folder, { recursive: true, force: true })
      tls?.remove()
    })

    it('tells somebody of no known group that they have no rights here', async () => {
      idp.claims = { groups: ['guests'], preferred_username: 'eve@example.org' }
      await page.goto(address)
      await page.getByRole('link', { name: 'Sign in with Stadtwerk' }).click()
      await page.getByRole('alert').waitFor()
      expect(await page.getByRole('alert').innerText()).toContain('no rights here yet')
    })

    it('shows the control room to a dispatcher, over the live stream too, and the address holds no secret (S6)', async () => {
      idp.claims = { groups: ['dispatchers'], preferred_username: 'ada@example.org' }
      await page.goto(address)
      await page.getByRole('link', { name: 'Sign in with Stadtwerk' }).click()
      await page.locator('#tile-stations-connected').waitFor()
      expect(new URL(page.url()).hash).toBe('')
      const key = await page.evaluate<string>(`Object.values(sessionStorage).find((value) => value.startsWith('gs_session_'))`)
      expect(key).toMatch(/^gs_session_[A-Za-z0-9_-]{43}$/)
      expect(program.output()).toContain('somebody signed in')
      expect(program.output()).not.toContain(key)
      // A reload goes on with the session.
      await page.reload()
      await page.locator('#tile-stations-connected').waitFor()
    })

    it('shows it to a local account while the provider is away, and to nobody once that is taken out', async () => {
      const other = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: 'de-DE' })).newPage()
      const enter = async (password: string) => {
        await other.getByLabel('Name').fill('grace')
        await other.getByLabel('Kennwort').fill(password)
        await other.getByRole('button', { name: 'Anmelden' }).first().click()
      }
      await other.goto(address)
      await other.getByLabel('Kennwort').waitFor()
      mkdirSync(artifacts, { recursive: true })
      await other.screenshot({ path: join(artifacts, 'sign-in.png') })
      await enter('a wrong password')
      await other.getByText('Name oder Kennwort ist falsch.').waitFor()
      await enter(PASSWORD)
      await other.locator('#tile-stations-connected').waitFor()
      const accounts = join(folder, 'accounts.json')
      expect((await run(['account', 'remove', 'grace', '--accounts', accounts])).code).toBe(0)
      const again = await other.request.post(`${address}/v1/sign-in/password`, { data: { name: 'grace', password: PASSWORD } })
      expect(again.status()).toBe(401)
      await other.close()
    })

    it('lets a program in with a token of the provider, as far as its role goes', async () => {
      const token = await idp.token({ aud: 'api://gegenstrom', sub: 'app', azp: 'app', groups: ['dispatchers'] })
      const headers = { authorization: `Bearer ${token}` }
      expect((await page.request.get(`${address}/v1/stations`, { headers })).status()).toBe(200)
      expect((await page.request.delete(`${address}/v1/stations/S1`, { headers })).status()).toBe(403)
      expect(
        (await page.request.get(`${address}/v1/stations`, { headers: { authorization: `Bearer ${token}x` } })).status(),
      ).toBe(401)
    })

    it('has on record who came in and what they asked for, also where they were not allowed to, in the chain of the journal (S8)', async () => {
      const env = { GEGENSTROM_HOME: join(folder, 'home') }
      const acts = (await run(['journal', 'acts', '--json'], env)).stdout
      const facts = acts
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as RecordedAct).fact)
      const [ada, grace] = [
        { name: 'ada@example.org', role: 'dispatcher', tenant: null },
        { name: 'grace', role: 'viewer', tenant: null },
      ]
      expect(facts).toMatchObject([
        { kind: 'signed-in', by: ada, way: 'provider' },
        { kind: 'signed-in', by: grace, way: 'password' },
        { kind: 'asked', by: { role: 'dispatcher' }, method: 'DELETE', path: '/v1/stations/S1', status: 403 },
      ])
      expect(acts).not.toContain(PASSWORD)
      const ofGrace = await run(['journal', 'acts', '--by', 'grace'], env)
      expect(ofGrace.stdout).toMatch(/^\S+Z {2}signed in by password {2}grace \(viewer\) from \S+ {2}#\d+\n$/)
      expect((await run(['journal', 'verify'], env)).code).toBe(0)
    })
  },
)
