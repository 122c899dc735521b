// How the built page is served.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import request from 'supertest'
import { afterAll, describe, expect, it } from 'vitest'
import { webRouter } from '../../../adapters/web/web-router.ts'
import { httpApp } from '../../../adapters/wire/http-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'page-'))
mkdirSync(join(folder, 'assets'))
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Größe</title>')
writeFileSync(join(folder, 'assets', 'main-1a2b.js'), 'export {}')
writeFileSync(join(folder, '.secret'), 'no')
afterAll(() => rmSync(folder, { recursive: true }))
const app = httpApp({ routers: [webRouter({ folder })], lab: true })

describe('page files', () => {
  it('gives the page in UTF-8 under / and under its own addresses, never from a cache', async () => {
    for (const path of ['/', '/index.html', '/stations/HAT-1']) {
      const answer = await request(app).get(path).set('Accept', 'text/html')
      expect([answer.status, answer.headers['content-type'], answer.headers['cache-control']], path).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-cache',
      ])
    }
  })

  it('lets browsers keep files with a hash in their name', async () => {
    const { headers } = await request(app).get('/assets/main-1a2b.js')
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  it('S11: gives neither hidden files nor anything outside of the folder, and leaves the API its own 404', async () => {
    for (const path of [
      '/.secret',
      '/assets/..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/etc/passwd.txt',
      '/missing.js',
      '/v1/nothing',
    ])
      expect((await request(app).get(path).set('Accept', '*/*')).status, path).toBe(404)
  })

  it('says what to do when the page is not built', async () => {
    const empty = httpApp({ routers: [webRouter({ folder: join(folder, 'nowhere') })], lab: true })
    const answer = await request(empty).get('/').set('Accept', 'text/html')
    expect(answer.status).toBe(503)
    expect(answer.text).toContain('npm run build')
  })
})
