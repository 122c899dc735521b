// Configuration by hand: settings of a station are read and changed, as the device model of its version names them.
import type { ConfigurationValue, VariableName } from '../../../domain/registry/station-command.ts'
import type { CommandMessages, CommandReading } from '../command-message.ts'
import {
  changeConfiguration,
  getConfiguration,
  getVariables,
  setVariables,
  type VariableName as PlacedName,
} from './device-model.ts'

type Configuration = Pick<CommandMessages, 'get-configuration' | 'set-configuration'>

const NO_PLACE = 'OCPP 1.6 knows plain keys, without a component'
const NEEDS_COMPONENT = 'OCPP 2.x names a variable by its component'

/** 1.6: keys; a component or an EVSE is no part of their names. */
export const configurationV16: Configuration = {
  'get-configuration'({ variables }) {
    if (variables.some(hasPlace)) return NO_PLACE
    const question = getConfiguration(variables.map(({ variable }) => variable))
    return {
      ...question,
      read(answer) {
        const { known, unknown } = question.read(answer)
        return readSettings([
          ...known.map(({ key, readonly, value }) => ({ ...plainName(key), value, readOnly: readonly, status: null })),
          ...unknown.map((key) => ({ ...plainName(key), value: null, readOnly: null, status: 'unknown' })),
        ])
      },
    }
  },
  'set-configuration'({ variable, value }) {
    if (hasPlace(variable)) return NO_PLACE
    const { action, payload } = changeConfiguration(variable.variable, value)
    return { action, payload }
  },
}

/** 2.0.1 and 2.1: variables of components (B05, B06). */
export const configurationV2: Configuration = {
  'get-configuration'({ variables }) {
    if (variables.length === 0) return 'OCPP 2.x reads variables by name: name some'
    const names = variables.flatMap((name) => placedName(name) ?? [])
    if (names.length < variables.length) return NEEDS_COMPONENT
    const question = getVariables(names)
    return {
      ...question,
      read: (answer) =>
        readSettings(
          question.read(answer).map((one) => ({
            ...nameOf(one),
            value: one.value,
            readOnly: null,
            status: one.status === 'accepted' ? null : one.status,
          })),
        ),
    }
  },
  'set-configuration'({ variable, value }) {
    const name = placedName(variable)
    if (name === null) return NEEDS_COMPONENT
    const { action, payload } = setVariables([{ ...name, value }])
    return { action, payload, read: readSetting }
  },
}

/** The one result there is, in the station's own words. */
function readSetting(answer: object): CommandReading {
  const { setVariableResult } = answer as {
    readonly setVariableResult: readonly {
      readonly attributeStatus: string
      readonly attributeStatusInfo?: { readonly reasonCode?: string; readonly additionalInfo?: string }
    }[]
  }
  const [
    { attributeStatus: status, attributeStatusInfo: { reasonCode, additionalInfo } = {} } = { attributeStatus: 'no result' },
  ] = setVariableResult
  return { status, words: [reasonCode, additionalInfo].filter((one) => one !== undefined).join(' ') }
}

function readSettings(values: readonly ConfigurationValue[]): CommandReading {
  const found = values.filter(({ status }) => status === null).length
  return { status: 'Accepted', words: `${found} of ${values.length} settings`, values }
}

function hasPlace({ component, componentInstance, evse, instance }: VariableName): boolean {
  return component !== null || componentInstance !== null || evse !== null || instance !== null
}

function plainName(variable: string): VariableName {
  return { component: null, componentInstance: null, evse: null, variable, instance: null }
}

/** Null for one without a component. */
function placedName({ component, componentInstance, evse, variable, instance }: VariableName): PlacedName | null {
  if (component === null) return null
  return {
    component,
    ...(componentInstance === null ? {} : { componentInstance }),
    ...(evse === null ? {} : { evse: { id: evse } }),
    variable,
    ...(instance === null ? {} : { instance }),
  }
}

function nameOf(of: PlacedName): VariableName {
  const { component, componentInstance, evse, variable, instance } = of
  return {
    component,
    componentInstance: componentInstance ?? null,
    evse: evse?.id ?? null,
    variable,
    instance: instance ?? null,
  }
}
