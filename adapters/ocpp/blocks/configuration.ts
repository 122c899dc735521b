// Configuration: settings of a station are read and changed by hand.
import type { ConfigurationValue, VariableName } from '../../../domain/registry/station-command.ts'
import type { CommandMessages } from '../command-message.ts'

type Configuration = Pick<CommandMessages, 'get-configuration' | 'set-configuration'>

interface KeyValueV16 {
  readonly key: string
  readonly readonly: boolean
  readonly value?: string
}

/** 1.6: keys; a component or an EVSE is no part of their names. */
export const configurationV16: Configuration = {
  'get-configuration'({ variables }) {
    if (variables.some(hasPlace)) return 'OCPP 1.6 knows plain keys, without a component'
    return {
      action: 'GetConfiguration',
      payload: variables.length === 0 ? {} : { key: variables.map(({ variable }) => variable) },
      read(answer) {
        const { configurationKey = [], unknownKey = [] } = answer as {
          readonly configurationKey?: readonly KeyValueV16[]
          readonly unknownKey?: readonly string[]
        }
        const values = [
          ...configurationKey.map(({ key, readonly, value = null }) => ({
            ...plainName(key),
            value,
            readOnly: readonly,
            status: null,
          })),
          ...unknownKey.map((key) => ({ ...plainName(key), value: null, readOnly: null, status: 'UnknownKey' })),
        ]
        return { status: 'Accepted', words: known(values), values }
      },
    }
  },
  'set-configuration'({ variable, value }) {
    if (hasPlace(variable)) return 'OCPP 1.6 knows plain keys, without a component'
    return { action: 'ChangeConfiguration', payload: { key: variable.variable, value } }
  },
}

interface VariableV2 {
  readonly component: { readonly name: string; readonly instance?: string; readonly evse?: { readonly id: number } }
  readonly variable: { readonly name: string; readonly instance?: string }
}
interface GetVariableResult extends VariableV2 {
  readonly attributeStatus: string
  readonly attributeValue?: string
}
interface SetVariableResult extends VariableV2 {
  readonly attributeStatus: string
  readonly attributeStatusInfo?: { readonly reasonCode?: string; readonly additionalInfo?: string }
}
const NEEDS_COMPONENT = 'OCPP 2.x names a variable by its component'

/** 2.0.1 and 2.1: variables of components (B05, B06). */
export const configurationV2: Configuration = {
  'get-configuration'({ variables }) {
    if (variables.length === 0) return 'OCPP 2.x reads variables by name: name some'
    if (variables.some(({ component }) => component === null)) return NEEDS_COMPONENT
    return {
      action: 'GetVariables',
      payload: { getVariableData: variables.map(wireName) },
      read(answer) {
        const { getVariableResult } = answer as { readonly getVariableResult: readonly GetVariableResult[] }
        const values = getVariableResult.map((one) => ({
          ...nameOf(one),
          value: one.attributeStatus === 'Accepted' ? (one.attributeValue ?? '') : null,
          readOnly: null,
          status: one.attributeStatus === 'Accepted' ? null : one.attributeStatus,
        }))
        return { status: 'Accepted', words: known(values), values }
      },
    }
  },
  'set-configuration'({ variable, value }) {
    if (variable.component === null) return NEEDS_COMPONENT
    return {
      action: 'SetVariables',
      payload: { setVariableData: [{ ...wireName(variable), attributeValue: value }] },
      read(answer) {
        const { setVariableResult } = answer as { readonly setVariableResult: readonly SetVariableResult[] }
        const [first] = setVariableResult
        const { reasonCode, additionalInfo } = first?.attributeStatusInfo ?? {}
        return {
          status: first?.attributeStatus ?? 'no result',
          words: [reasonCode, additionalInfo].filter((one) => one !== undefined).join(' '),
        }
      },
    }
  },
}

function hasPlace({ component, componentInstance, evse, instance }: VariableName): boolean {
  return component !== null || componentInstance !== null || evse !== null || instance !== null
}

function plainName(variable: string): VariableName {
  return { component: null, componentInstance: null, evse: null, variable, instance: null }
}

function wireName({ component, componentInstance, evse, variable, instance }: VariableName): VariableV2 {
  return {
    component: {
      name: component!,
      ...(componentInstance === null ? {} : { instance: componentInstance }),
      ...(evse === null ? {} : { evse: { id: evse } }),
    },
    variable: { name: variable, ...(instance === null ? {} : { instance }) },
  }
}

function nameOf({ component, variable }: VariableV2): VariableName {
  return {
    component: component.name,
    componentInstance: component.instance ?? null,
    evse: component.evse?.id ?? null,
    variable: variable.name,
    instance: variable.instance ?? null,
  }
}

function known(values: readonly ConfigurationValue[]): string {
  return `${values.filter(({ status }) => status === null).length} of ${values.length} settings`
}
