import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeConfig, readConfig, servingProblems } from '../../src/config.ts'

const SECRET = 'f'.repeat(64)

function problemsOf(environment: Record<string, string>): readonly string[] {
  const config = readConfig(environment)
  return config.ok ? servingProblems(config.value) : config.refusal
}

describe('configuration', () => {
  it('is fine in the lab with a secret', () => {
    expect(problemsOf({ OCPP_ALLOW_INSECURE: 'lab', GEGENSTROM_SECRET: SECRET })).toEqual([])
  })

  it('refuses to serve without a secret and says how to make one', () => {
    expect(problemsOf({ OCPP_ALLOW_INSECURE: 'lab' }).join()).toMatch(/GEGENSTROM_SECRET is missing.*openssl rand/)
  })

  it('refuses plain ws outside of loopback and in production (S2)', () => {
    expect(problemsOf({ OCPP_ALLOW_INSECURE: 'lab', GEGENSTROM_SECRET: SECRET, HTTP_HOST: '0.0.0.0' }).join()).toMatch(/loopback/)
    expect(
      problemsOf({
        OCPP_ALLOW_INSECURE: 'lab',
        GEGENSTROM_SECRET: SECRET,
        NODE_ENV: 'production',
        DATABASE_URL: 'postgres://db/x',
      }).join(),
    ).toMatch(/not for production/)
    expect(problemsOf({ GEGENSTROM_SECRET: SECRET }).join()).toMatch(/TLS_CERT_FILE/)
  })

  it('lets webhooks into private networks on request only, and never in production (S11)', () => {
    const lab = { OCPP_ALLOW_INSECURE: 'lab', GEGENSTROM_SECRET: SECRET, WEBHOOK_ALLOW_PRIVATE: 'lab' }
    expect(problemsOf(lab)).toEqual([])
    expect(problemsOf({ ...lab, WEBHOOK_ALLOW_PRIVATE: 'yes' }).join()).toMatch(/WEBHOOK_ALLOW_PRIVATE/)
    expect(problemsOf({ ...lab, NODE_ENV: 'production' }).join()).toMatch(/WEBHOOK_ALLOW_PRIVATE=lab is not for production/)
  })

  it('refuses the embedded database in production', () => {
    expect(
      problemsOf({ NODE_ENV: 'production', GEGENSTROM_SECRET: SECRET, TLS_CERT_FILE: 'c', TLS_KEY_FILE: 'k' }).join(),
    ).toMatch(/embedded database is not for production/)
  })

  it('names every wrong value at once, with what it means', () => {
    const problems = problemsOf({
      HTTP_PORT: '99999',
      DATABASE_URL: 'mysql://x',
      WEAR_CT_PER_KWH: 'much',
      GEGENSTROM_SECRET: 'short',
    })
    expect(problems).toHaveLength(4)
    expect(problems.join('\n')).toMatch(/DATABASE_URL: a PostgreSQL address/)
  })

  it('reads the names it answers for and the number of proxies', () => {
    const read = (environment: Record<string, string>) => {
      const config = readConfig(environment)
      return config.ok ? config.value : config.refusal.join()
    }
    expect(read({})).toMatchObject({ TRUST_PROXY: 0 })
    expect(read({ HTTP_NAMES: 'CSMS.example, 10.0.0.5,[::1]', TRUST_PROXY: '2' })).toMatchObject({
      HTTP_NAMES: ['csms.example', '10.0.0.5', '[::1]'],
      TRUST_PROXY: 2,
    })
    for (const wrong of ['https://csms.example', 'csms.example:8443', 'a,,b', '*', 'a b'])
      expect(read({ HTTP_NAMES: wrong })).toMatch(/HTTP_NAMES.*csms\.example/)
    for (const wrong of ['-1', '1.5', 'true', '11']) expect(read({ TRUST_PROXY: wrong })).toMatch(/TRUST_PROXY/)
  })

  it('reads secrets from files', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'secret')
    writeFileSync(file, `${SECRET}\n`)
    const config = readConfig({ GEGENSTROM_SECRET_FILE: file })
    expect(config.ok && config.value.GEGENSTROM_SECRET).toBe(SECRET)
    expect(problemsOf({ GEGENSTROM_SECRET_FILE: `${file}.gone` }).join()).toMatch(/GEGENSTROM_SECRET_FILE/)
  })

  it('is described in the documentation, every variable', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/operations/configuration.md'), 'utf8')
    expect(describeConfig().length).toBeGreaterThan(15)
    expect(describeConfig().filter(({ name }) => !page.includes(`\`${name}\``))).toEqual([])
  })
})
