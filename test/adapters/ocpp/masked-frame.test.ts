// What people see of frames: never a token, a password, a certificate; everything else as it came.
import { constantFrom, property, assert as holds, string, stringMatching, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskedFrame } from '../../../adapters/ocpp/masked-frame.ts'

const shown = (text: string) => maskedFrame(text, text.toLowerCase(), 4_096, (token) => `t_${token.length}`)
const HIDDEN = '***'

describe('frames as they are shown', () => {
  it.each([
    '[2,"1","Heartbeat",{}]',
    '[2, "7", "MeterValues", {"connectorId":1,"meterValue":[{"sampledValue":[{"value":"1.0"}]}]}]',
    '[3,"1",{"currentTime":"2026-01-15T18:00:00Z","interval":1e3}]',
    'no JSON at all {',
  ])('are untouched, to the blank, where nothing is to be hidden: %s', (text) => expect(shown(text)).toBe(text))

  it.each([
    ['[2,"1","Authorize",{"idTag":"CAFE01"}]', '[2,"1","Authorize",{"idTag":"t_6"}]'],
    [
      '[2,"1","StartTransaction",{"connectorId":1,"idTag":"CAFE01","meterStart":5}]',
      '[2,"1","StartTransaction",{"connectorId":1,"idTag":"t_6","meterStart":5}]',
    ],
    [
      '[3,"1",{"idTagInfo":{"status":"Accepted","parentIdTag":"FAMILY"}}]',
      '[3,"1",{"idTagInfo":{"status":"Accepted","parentIdTag":"t_6"}}]',
    ],
    [
      '[2,"g1","RemoteStartTransaction",{"connectorId":1,"idTag":"CAFE01"}]',
      '[2,"g1","RemoteStartTransaction",{"connectorId":1,"idTag":"t_6"}]',
    ],
    [
      '[2,"1","Authorize",{"idToken":{"idToken":"CAFE01","type":"eMAID","additionalInfo":[{"additionalIdToken":"DE-X","type":"c"}]},"certificate":"-----BEGIN"}]',
      `[2,"1","Authorize",{"idToken":{"idToken":"t_6","type":"eMAID","additionalInfo":[{"additionalIdToken":"t_4","type":"c"}]},"certificate":"${HIDDEN}"}]`,
    ],
    [
      '[2,"1","TransactionEvent",{"groupIdToken":{"idToken":"GROUP","type":"Central"}}]',
      '[2,"1","TransactionEvent",{"groupIdToken":{"idToken":"t_5","type":"Central"}}]',
    ],
    ['[2,"1","Authorize",{"id\\u0054ag":"CAFE01"}]', '[2,"1","Authorize",{"idTag":"t_6"}]'],
    ['[2,"1","Authorize",{"idTag":"CAFE01","idTag":"CAFE012"}]', '[2,"1","Authorize",{"idTag":"t_7"}]'],
    ['[2,"1","Authorize",{"idTag":12345}]', `[2,"1","Authorize",{"idTag":"${HIDDEN}"}]`],
  ])('show tokens as pseudonyms: %s', (text, expected) => expect(shown(text)).toBe(expected))

  it.each([
    '[2,"g1","ChangeConfiguration",{"key":"AuthorizationKey","value":"SECRET"}]',
    '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"SECRET"}]}]',
    '[2,"g1","SetVariables",{"setVariableData":[{"attributeValue":"SECRET","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}]',
    '[3,"g1",{"getVariableResult":[{"attributeStatus":"Accepted","attributeValue":"SECRET","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}]',
    '[2,"1","NotifyReport",{"reportData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"variableAttribute":[{"value":"SECRET"}]}]}]',
    '[2,"g1","SetNetworkProfile",{"connectionData":{"basicAuthPassword":"SECRET","apn":{"apnPassword":"SECRET","simPin":"SECRET"},"vpn":{"password":"SECRET"}}}]',
    '[2,"1","SignCertificate",{"csr":"SECRET"}]',
    '[2,"g1","CertificateSigned",{"certificateChain":"SECRET"}]',
    '[2,"1","Get15118EVCertificate",{"exiRequest":"SECRET"}]',
    '[2,"1","NotifyCustomerInformation",{"data":"card SECRET of Mrs X"}]',
    '[2,"1","DataTransfer",{"vendorId":"X","data":"{\\"idTag\\":\\"SECRET\\"}"}]',
    '[2,"1","MeterValues",{"meterValue":[{"sampledValue":[{"format":"SignedData","value":"SECRET"}]}]}]',
    '[2,"1","StopTransaction",{"transactionData":[{"sampledValue":[{"value":"OCMF|{\\"ID\\":\\"SECRET\\"}|{}"}]}]}]',
    '[2,"1","MeterValues",{"meterValue":[{"sampledValue":[{"value":1,"signedMeterValue":{"signedMeterData":"SECRET"}}]}]}]',
    '[2,"1","Authorize",{"idTag":"SECRET',
    '{"idToken":SECRET}',
    `[2,"1","Authorize",${'['.repeat(50_000)}"idTag","SECRET"`,
    `[2,"1","Authorize",${'['.repeat(1_500)}{"idTag":"SECRET"}${']'.repeat(1_501)}`,
    // Too long to be walked through: the name stands behind what is shown, the value before it.
    `[3,"g1",{"getVariableResult":[{"attributeValue":"SECRET","component":{"name":"${'x'.repeat(9_000)}"},"variable":{"name":"BasicAuthPassword"}}]}]`,
  ])('S3: hide secrets, whatever message carries them: %s', (text) => {
    expect(shown(text)).not.toContain('SECRET')
    expect(shown(text).slice(0, 2)).toBe(text.slice(0, 2))
  })

  it('never show a token, however its field is spelled and whatever stands around it', () => {
    const token = stringMatching(/^[0-9A-F]{8,20}$/)
    const field = constantFrom('idTag', 'IDTAG', 'idToken', 'id_tag', 'parentIdTag', 'additionalIdToken', 'customerIdentifier')
    holds(
      property(tuple(token, field, string(), constantFrom(0, 1, 5)), ([secret, name, other, cut]) => {
        const text = JSON.stringify([2, 'm', 'Any', { other, [name]: { deep: [{ [name]: secret }] } }])
        const frame = text.slice(0, text.length - cut)
        if (!other.includes(secret)) expect(shown(frame)).not.toContain(secret)
      }),
    )
  })
})
