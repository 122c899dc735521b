// What a station is set to: the questions of each version, and what their answers say.
import { describe, expect, it } from 'vitest'
import {
  changeConfiguration,
  getConfiguration,
  getVariables,
  setVariables,
} from '../../../../adapters/ocpp/blocks/device-model.ts'
import { schemaFault } from '../../../../adapters/ocpp/rpc/schema.ts'

describe('keys of 1.6', () => {
  it('are asked by name or all at once, and passwords are not handed on', () => {
    const question = getConfiguration(['MeterValueSampleInterval', 'Nothing'])
    expect(schemaFault('ocpp1.6', question.action, 'request', question.payload)).toBeNull()
    expect(getConfiguration().payload).toEqual({})
    const answer = {
      configurationKey: [
        { key: 'MeterValueSampleInterval', readonly: false, value: '60' },
        { key: 'AuthorizationKey', readonly: false, value: '0123456789ABCDEF' },
        { key: 'Empty', readonly: true },
      ],
      unknownKey: ['Nothing'],
    }
    expect(question.read(answer)).toEqual({
      known: [
        { key: 'MeterValueSampleInterval', readonly: false, value: '60' },
        { key: 'AuthorizationKey', readonly: false, value: null },
        { key: 'Empty', readonly: true, value: null },
      ],
      unknown: ['Nothing'],
    })
    expect(question.read({})).toEqual({ known: [], unknown: [] })
  })

  it.each([
    ['Accepted', 'accepted'],
    ['RebootRequired', 'reboot-required'],
    ['Rejected', 'rejected'],
    ['NotSupported', 'unknown'],
  ])('are changed: %s', (status, expected) => {
    const question = changeConfiguration('MeterValueSampleInterval', '60')
    expect(question.payload).toEqual({ key: 'MeterValueSampleInterval', value: '60' })
    expect(question.read({ status })).toBe(expected)
  })
})

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)('variables of %s', (dialect) => {
  const [component, variable] = ['SampledDataCtrlr', 'TxUpdatedInterval']
  const name = { component: { name: component }, variable: { name: variable } }

  it('are asked', () => {
    const question = getVariables([
      { component, variable },
      { component: 'EVSE', evse: { id: 1 }, variable: 'Power', instance: 'max' },
    ])
    expect(schemaFault(dialect, question.action, 'request', question.payload)).toBeNull()
    expect(question.payload).toEqual({
      getVariableData: [name, { component: { name: 'EVSE', evse: { id: 1 } }, variable: { name: 'Power', instance: 'max' } }],
    })
    const result = [
      { ...name, attributeStatus: 'Accepted', attributeValue: '60' },
      { ...name, attributeStatus: 'UnknownVariable' },
      { ...name, attributeStatus: 'Rejected' },
      {
        component: { name: 'SecurityCtrlr' },
        variable: { name: 'BasicAuthPassword' },
        attributeStatus: 'Accepted',
        attributeValue: 'x',
      },
    ]
    expect(question.read({ getVariableResult: result }).map(({ status, value }) => [status, value])).toEqual([
      ['accepted', '60'],
      ['unknown', null],
      ['rejected', null],
      ['accepted', null],
    ])
  })

  it('are set, each with its own outcome', () => {
    const question = setVariables([{ component, variable, value: '60' }])
    expect(schemaFault(dialect, question.action, 'request', question.payload)).toBeNull()
    expect(question.payload).toEqual({ setVariableData: [{ ...name, attributeValue: '60' }] })
    const of = (attributeStatus: string) => question.read({ setVariableResult: [{ ...name, attributeStatus }] })
    expect(of('RebootRequired')).toEqual([{ component, variable, status: 'reboot-required' }])
    expect(of('NotSupportedAttributeType')).toEqual([{ component, variable, status: 'unknown' }])
  })
})
