// The page in a real browser over the fixture fleet: what is on it, what the keys do, and that it asks nobody else for anything.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createApiKey } from '../../../adapters/wire/api-key.ts'
import { apiKeyAuthentication } from '../../../adapters/wire/authentication.ts'
import { watts } from '../../../domain/units.ts'
import { fixtureFleet, type FixtureAnswers } from './fixture-fleet.ts'
import { serveFixture, type FixtureServer } from './fixture-server.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(CHROMIUM)
if (missing && process.env['CI'] === 'true') throw new Error(`${CHROMIUM} is missing: apt-get install chromium fonts-dejavu-core`)
// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 })
/** A page needs a moment to show what a key or a click has changed. */
const SOON = { timeout: 10_000 }
const artifacts = resolve(import.meta.dirname, '../../artifacts')

describe.skipIf(missing)(`the control room in a browser${missing ? ` (skipped: ${CHROMIUM} is missing)` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  const opened: (() => Promise<void>)[] = []
  let browser: Browser

  beforeAll(async () => {
    const configFile = resolve(import.meta.dirname, '../../../adapters/web/vite.config.ts')
    await build({ configFile, logLevel: 'error', build: { outDir: folder } })
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    mkdirSync(artifacts, { recursive: true })
  })
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  interface Shown {
    readonly page: Page
    readonly server: FixtureServer
    /** Requests to anybody else, and errors the browser complained about. */
    readonly foreign: string[]
    readonly complaints: string[]
  }
  async function show(
    answers: FixtureAnswers,
    look: { locale?: string; dark?: boolean; width?: number; height?: number } = {},
  ): Promise<Shown> {
    const server = await serveFixture(answers, folder)
    opened.push(() => server.close())
    const context = await browser.newContext({
      viewport: { width: look.width ?? 1600, height: look.height ?? 1000 },
      locale: look.locale ?? 'de-DE',
      colorScheme: look.dark === false ? 'light' : 'dark',
    })
    opened.push(() => context.close())
    const page = await context.newPage()
    const [foreign, complaints]: [string[], string[]] = [[], []]
    page.on('request', (request) => request.url().startsWith(server.address) || foreign.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(server.address)
    await page.locator('#tile-power .value').filter({ hasNotText: '–' }).first().waitFor()
    return { page, server, foreign, complaints }
  }
  const text = (page: Page, selector: string) => page.locator(selector).first().innerText()

  it('shows the figures of the fleet, every quarter-hour and the reasons, and asks nobody else', async () => {
    const { answers } = fixtureFleet()
    const { page, foreign, complaints } = await show(answers)
    await expect.poll(() => text(page, '#tile-power .value'), SOON).toBe('−139,0')
    await expect.poll(() => text(page, '#planned'), SOON).toBe('−148,6')
    await expect.poll(() => text(page, '#tile-stations-connected'), SOON).toMatch(/47\s*\/ 50\s*3 ohne Verbindung/)
    await expect.poll(() => text(page, '#tile-cars'), SOON).toMatch(/44\s*40 bidirektional/)
    await expect.poll(() => text(page, '#tile-stored .value'), SOON).toBe('1.309,8')
    await expect.poll(() => text(page, '#tile-money'), SOON).toMatch(/Gekauft − verkauft\s*seit Start\s*−48,28\s*€/)
    await expect.poll(() => text(page, '#regime'), SOON).toBe('mit Entlastung')
    await expect.poll(() => text(page, '#clock'), SOON).toBe('19:07:24')
    await expect.poll(() => page.locator('.bar').count(), SOON).toBe(96)
    await expect.poll(() => page.locator('.bar.past').count(), SOON).toBe(16)
    await expect.poll(() => page.locator('.price').count(), SOON).toBe(93)
    await expect.poll(() => page.locator('.no-price').count(), SOON).toBe(3)
    expect(await page.locator('.schedule path').getAttribute('d')).toMatch(/^M/)
    await expect.poll(() => text(page, '#plan-gap'), SOON).toBe('Flottenplan höchstens 0,83\u202f% über dem Optimum')
    expect(await page.locator('.now-time').textContent()).toBe('19:07')
    expect(await page.locator('.date').textContent()).toBe('Fr 16.')
    await expect
      .poll(() => text(page, '[id="row-DEL-0101/1"] .why'), SOON)
      .toBe('speist zu 18,8\u202fct/kWh zurück, lädt ab 02:15 zu 4,1\u202fct/kWh nach')
    expect(await page.locator('[id="row-HUD-0142/1"] svg').first().getAttribute('aria-label')).toBe('Störung')
    await page.screenshot({ path: join(artifacts, 'control-room-dark.png') })
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] })
  })

  it('adds the power by reason up to the power of the pool', async () => {
    const { page } = await show(fixtureFleet().answers)
    const figures = await page.locator('.groups').first().locator('.figure').allInnerTexts()
    const sum = figures.reduce(
      (total, one) => total + Number(one.replace('−', '-').replace('.', '').replace(',', '.').replace(/\s*kW/, '')),
      0,
    )
    expect(sum).toBeCloseTo(-139, 0)
  })

  it('explains a limited car: the ladder names who decides, strikes out who is overruled, and says when the order ends', async () => {
    const { page } = await show(fixtureFleet().answers, { width: 1280, height: 800, dark: false })
    await page.keyboard.press('/')
    await page.keyboard.type('begrenzt 0107')
    await page.keyboard.press('Enter')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.locator('.ladder').waitFor()
    await expect.poll(() => text(page, '.ladder .decides .authority'), SOON).toBe('VNB Hunte-Netz § 14a')
    await expect.poll(() => text(page, '.ladder .decides .bound'), SOON).toContain('≤ 4,2')
    await expect.poll(() => text(page, '.ladder .overruled s'), SOON).toBe('10,6')
    await expect.poll(() => text(page, '#lease'), SOON).toContain('Endet von selbst um 19:11:24')
    await expect.poll(() => text(page, '.order'), SOON).toMatch(/erteilt\s*19:06:22[\s\S]*befolgt\s*\+2,84\u202fs/)
    await expect.poll(() => page.locator('.car-plan rect').count(), SOON).toBeGreaterThan(5)
    await page.screenshot({ path: join(artifacts, 'control-room-drawer-1280.png') })
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#drawer').count(), SOON).toBe(0)
    expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('grid')
  })

  it('changes the wish of a driver, and keeps the change of somebody else', async () => {
    const { answers, wishes, sessions } = fixtureFleet()
    const { page } = await show(answers, { locale: 'en-GB' })
    await page.locator('[id="row-DEL-0101/1"]').click()
    await page.locator('#wish-ready-by').fill('06:30')
    await page.locator('#wish-target').fill('90')
    await page.locator('.wish button').click()
    await page.getByText('Saved, planned anew').waitFor()
    expect(wishes.map(({ wish }) => [new Date(wish.readyBy).toISOString(), wish.targetSoc, wish.by])).toEqual([
      ['2026-01-16T05:30:00.000Z', 0.9, 'driver'],
    ])
    await page.locator('#wish-target').fill('50')
    const [id, session] = [...sessions].find(([, { evse }]) => evse === 'DEL-0101/1')!
    sessions.set(id, { ...session, wish: { ...session.wish, by: 'car' } })
    await page.locator('.wish button').click()
    await page.getByText('changed meanwhile').waitFor()
    expect(wishes).toHaveLength(1)
  })

  it('is led by keys alone: help, rows, abnormal rows, chart, table, theme', async () => {
    const { page } = await show(fixtureFleet().answers)
    await page.keyboard.press('?')
    await expect.poll(() => page.locator('#help').isVisible(), SOON).toBe(true)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#help').count(), SOON).toBe(0)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await expect.poll(() => text(page, '.row.cursor .name'), SOON).toBe('HUD-0142/1')
    await page.keyboard.press('a')
    await expect.poll(() => text(page, '.row.cursor .name'), SOON).toBe('DEL-0111/1')
    await page.keyboard.press('g')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => text(page, '.reading'), SOON).toMatch(/19:15 – 19:30[\s\S]*Plan[\s\S]*€\/MWh/)
    await page.keyboard.press('v')
    await expect.poll(() => page.locator('.chart-table tbody tr').count(), SOON).toBe(96)
    await expect.poll(() => text(page, '.chart-table .now td'), SOON).toBe('−148,6')
    await page.keyboard.press('t')
    await expect.poll(() => page.locator('html').getAttribute('data-theme'), SOON).toBe('light')
  })

  it('speaks the language of the browser and the other one on request', async () => {
    const { page } = await show(fixtureFleet().answers, { locale: 'en-GB', dark: false })
    await expect.poll(() => text(page, '#tile-power .value'), SOON).toBe('−139.0')
    await expect
      .poll(() => text(page, '[id="row-DEL-0101/1"] .why'), SOON)
      .toBe('feeds back at 18.8\u202fct/kWh, refills from 02:15 at 4.1\u202fct/kWh')
    await page.screenshot({ path: join(artifacts, 'control-room-light.png') })
    await page.getByText('Deutsch').click()
    await expect.poll(() => text(page, '#tile-power .value'), SOON).toBe('−139,0')
    await expect.poll(() => page.locator('html').getAttribute('lang'), SOON).toBe('de')
  })

  it('follows the live stream, and keeps rows still while somebody points at them', async () => {
    const { answers } = fixtureFleet({ stations: 20 })
    let worse = false
    const changing: FixtureAnswers = {
      ...answers,
      pool: {
        ...answers.pool,
        pool: async (asker) => ({ ...(await answers.pool.pool(asker)), measured: watts(worse ? -50_000 : -60_000) }),
      },
      rows: {
        ...answers.rows,
        evse(asker, evse) {
          const row = answers.rows.evse(asker, evse)
          return row !== null && worse && row.station === 'WES-0118' ? { ...row, alarms: ['does not follow its order'] } : row
        },
      },
    }
    const { page, server } = await show(changing)
    await expect.poll(() => text(page, '#tile-power .value'), SOON).toBe('−60,0')
    await page.locator('.rows').hover()
    const before = await page.locator('.canvas .name').allInnerTexts()
    worse = true
    server.tick()
    await page.locator('#tile-power .value').filter({ hasText: '−50,0' }).waitFor()
    expect(await page.locator('.canvas .name').allInnerTexts()).toEqual(before)
    await expect.poll(() => text(page, '[id="row-WES-0118/1"] .why'), SOON).toBe('folgt dem Auftrag nicht')
    await page.locator('.top').hover()
    await page
      .locator('.canvas .row:nth-child(2) .name')
      .filter({ hasText: 'WES-0118/1' })
      .or(page.locator('.canvas .row:nth-child(1) .name').filter({ hasText: 'WES-0118/1' }))
      .waitFor()
  })

  it('says what is wrong when the server is away, and how old the values are', async () => {
    const { page, server } = await show(fixtureFleet({ degraded: ['database'] }).answers)
    await expect.poll(() => text(page, '.chip.warn'), SOON).toContain('eingeschränkt: Datenbank')
    opened.splice(0, 1)
    await server.close()
    await page.locator('.frozen-banner').waitFor()
    await expect.poll(() => text(page, '.frozen-banner'), SOON).toMatch(/Anzeige steht seit \d+\u202fs[\s\S]*Werte von 19:07:24/)
    await page.screenshot({ path: join(artifacts, 'control-room-offline.png') })
  })

  it('S7: asks for a key where one is needed, and takes only one that is valid', async () => {
    const pepper = 'p'.repeat(32)
    const { secret, stored } = createApiKey({ name: 'desk', role: 'viewer', createdAt: 0 }, pepper)
    const authenticate = apiKeyAuthentication({ find: (id) => (id === stored.id ? stored : undefined), pepper, now: () => 0 })
    const server = await serveFixture(fixtureFleet({ lab: false }).answers, folder, { authenticate })
    opened.push(() => server.close())
    const page = await browser.newPage({ locale: 'de-DE' })
    opened.push(() => page.close())
    await page.goto(server.address)
    await page.locator('.sign-in input').fill(secret.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))
    await page.locator('.sign-in button').click()
    await page.getByText('Dieser Schlüssel gilt hier nicht.').waitFor()
    await page.locator('.sign-in input').fill(secret)
    await page.locator('.sign-in button').click()
    await page.locator('#tile-power .value').filter({ hasText: '−139,0' }).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.locator('.ladder').waitFor()
  })

  it('says that there is nothing instead of showing zeros', async () => {
    const { page } = await show(fixtureFleet({ empty: true, stations: 2 }).answers)
    await expect.poll(() => text(page, '.departures'), SOON).toContain('Kein Auto angesteckt.')
    await expect.poll(() => text(page, '.reasons'), SOON).toContain('Nichts auffällig.')
    await expect.poll(() => text(page, '[id="row-DEL-0101/1"] .measured'), SOON).toBe('–')
  })

  it('paints soon and scrolls ten thousand rows with a handful of them in the document (figures printed)', async () => {
    const small = await show(fixtureFleet().answers)
    const paint = await small.page.evaluate<number>('performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1')
    const { page } = await show(fixtureFleet({ stations: 10_000 }).answers)
    await page.locator('.stations .hint').filter({ hasText: '10.000' }).waitFor()
    const frames = await page.evaluate<number[]>(`new Promise((done) => {
      const rows = document.querySelector('.rows'), times = []
      let last = performance.now()
      function frame(now) {
        times.push(now - last); last = now
        rows.scrollTop += 2400
        if (times.length < 90) requestAnimationFrame(frame); else done(times.slice(1))
      }
      requestAnimationFrame(frame)
    })`)
    const sorted = frames.sort((a, b) => a - b)
    console.info(
      `page: first paint ${paint.toFixed(0)} ms; 10,000 rows: frame median ${sorted[44]!.toFixed(1)} ms, p95 ${sorted[84]!.toFixed(1)} ms, ${await page.locator('.canvas .row').count()} rows in the document`,
    )
    expect(paint).toBeGreaterThan(0)
    await expect.poll(() => page.locator('.canvas .row').count(), SOON).toBeLessThan(60)
    expect(await page.evaluate<number>('document.querySelector(".rows").scrollTop')).toBeGreaterThan(100_000)
  })
})
