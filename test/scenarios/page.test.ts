// The demonstration as somebody sees it who has just started it: the control room in a real browser, over real stations on a fast clock.
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { memoryStores } from '../../adapters/memory/memory-stores.ts'
import { runningClock, type RunningClock } from '../../src/run/clock.ts'
import { playground, type Playground } from '../../src/demo/playground.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = !existsSync(CHROMIUM)
if (missing && process.env['CI'] === 'true') throw new Error(`${CHROMIUM} is missing: apt-get install chromium fonts-dejavu-core`)
const root = resolve(import.meta.dirname, '../..')
const artifacts = join(root, 'test/artifacts')
const EVENING = Date.parse('2026-01-15T17:00:00Z')
const STATIONS = 12
/** 09:15 in Berlin. */
const READY_BY = Date.parse('2026-01-16T08:15:00Z')

describe.skipIf(missing)(
  `the demonstration in a browser${missing ? ` (skipped: ${CHROMIUM} is missing)` : ''}`,
  { timeout: 60_000 },
  () => {
    let clock: RunningClock
    let world: Playground
    let browser: Browser
    let page: Page
    const complaints: string[] = []

    beforeAll(async () => {
      if (!existsSync(join(root, 'dist/web/index.html')))
        await build({ configFile: join(root, 'adapters/web/vite.config.ts'), logLevel: 'error' })
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
      clock = runningClock(EVENING, 60)
      world = await playground({
        seed: '1',
        stations: STATIONS,
        from: EVENING,
        strategy: 'bidirectional',
        clock,
        speed: 60,
        stores: memoryStores(),
        port: 0,
        log: (level, text) => void complaints.push(`${level}: ${text}`),
      })
      const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, locale: 'en-GB', colorScheme: 'dark' })
      page = await context.newPage()
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(`http://127.0.0.1:${world.running.address.port}/`)
    })
    afterAll(async () => {
      await browser?.close()
      clock?.stop()
      await world?.stop()
    })

    const text = (selector: string) => page.locator(selector).first().innerText()
    const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 40_000, interval: 250 })

    it('shows stations, plan, measured power, and why every car does what it does', async () => {
      await eventually(async () => {
        expect(await text('#tile-stations-connected')).toMatch(new RegExp(`${STATIONS}\\s*/ ${STATIONS}`))
        expect(await page.locator('.bar').count()).toBeGreaterThanOrEqual(20)
        expect(Math.abs(Number((await text('#tile-power .value')).replace('−', '-')))).toBeGreaterThan(3)
        const moving = page.locator('.row:has(.state .charge), .row:has(.state .discharge)')
        expect(await moving.count()).toBeGreaterThanOrEqual(1)
        for (const why of await moving.locator('.why').allInnerTexts()) expect(why).toMatch(/^(charges|feeds back|charged) /)
      })
      // Every plugged car has a reason; free places say that there is none.
      for (const why of await page.locator('.row .why').allInnerTexts()) expect(why.trim()).not.toBe('')
      expect(await page.locator('.measured-line').count()).toBe(1)
      const before = await text('#clock')
      await eventually(async () => expect(await text('#clock')).not.toBe(before))
      mkdirSync(artifacts, { recursive: true })
      await page.screenshot({ path: join(artifacts, 'control-room.png') })
    })

    it('changes a wish in the drawer and plans anew', async () => {
      const { fleet } = world.running.application
      const live = [...fleet.evses.values()].find(({ session, evse }) => session !== null && evse.dischargeMax < 0)!
      await page.locator(`[id="row-${live.evse.id}"]`).click()
      await page.locator('#wish-ready-by').fill('09:15')
      await page.locator('#wish-target').fill('90')
      await page.locator('.wish button').click()
      await eventually(async () => {
        expect(fleet.sessions.get(live.session!)?.wish).toMatchObject({ by: 'driver', targetSoc: 0.9, readyBy: READY_BY })
        expect(await page.locator('.wish').innerText()).toMatch(/Saved/)
      })
    })

    it('asks something of a station in the drawer: with a reason, a confirmation, and the outcome shown', async () => {
      const { fleet } = world.running.application
      const live = [...fleet.evses.values()].find(({ session }) => session !== null)!
      const row = page.locator(`[id="row-${live.evse.id}"]`)
      if ((await row.getAttribute('aria-selected')) !== 'true') await row.click()
      await page.locator('#by-hand-action').selectOption('trigger')
      await page.locator('#by-hand-message').selectOption('Heartbeat')
      await page.locator('#by-hand-ask').click()
      // Without a reason nothing is asked.
      expect(await page.locator('#by-hand-confirm').count()).toBe(0)
      await page.locator('#by-hand-reason').fill('ticket 4711')
      await page.locator('#by-hand-ask').click()
      expect(fleet.byHand.commands.size).toBe(0)
      await page.locator('#by-hand-confirm').click()
      await eventually(async () =>
        expect(await page.locator('#by-hand-lately').innerText()).toMatch(
          /trigger Heartbeat: (accepted|rejected|no answer|cannot do it).*ticket 4711/s,
        ),
      )
      expect(fleet.byHand.commands.get(live.evse.station)).toMatchObject([{ by: 'lab', role: 'admin', reason: 'ticket 4711' }])
      expect(fleet.byHand.commands.get(live.evse.station)![0]!.outcome).not.toBeNull()
    })

    it('has nothing to complain about', () => expect(complaints).toEqual([]))
  },
)
