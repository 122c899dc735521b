// What a station is set to, asked and changed: configuration keys in 1.6, variables of components in 2.0.1 and 2.1.
import type { Question } from '../outbound.ts'

/** A key of 1.6 as its station tells it; `value` is null where it gives none, or where it is nobody's to read. */
export interface ConfigurationKey {
  readonly key: string
  readonly readonly: boolean
  readonly value: string | null
}
/** What became of a setting, in every version: taken, taken from the next start on, refused, or not known there. */
export type SettingStatus = 'accepted' | 'reboot-required' | 'rejected' | 'unknown'

/** Where a variable of 2.x stands. */
export interface VariableName {
  readonly component: string
  /** EVSE and connector where the component is one of those. */
  readonly evse?: { readonly id: number; readonly connectorId?: number }
  readonly componentInstance?: string
  readonly variable: string
  readonly instance?: string
}
/** A variable as its station tells it; `value` is null where it knows none, or where it is nobody's to read. */
export interface VariableValue extends VariableName {
  readonly status: 'accepted' | 'rejected' | 'unknown'
  readonly value: string | null
}

/** Values of these are passwords and are never handed on. */
const SECRETS: ReadonlySet<string> = new Set(['authorizationkey', 'basicauthpassword'])
/** Of what a station tells at once, so much is looked at. */
const KEYS_MAX = 500

/** Asks for keys of 1.6, all where none are named; the answer names those the station does not know. */
export function getConfiguration(keys: readonly string[] = []): Question<{
  readonly known: readonly ConfigurationKey[]
  readonly unknown: readonly string[]
}> {
  return {
    action: 'GetConfiguration',
    payload: keys.length === 0 ? {} : { key: keys },
    read(answer) {
      const { configurationKey = [], unknownKey = [] } = answer as {
        readonly configurationKey?: readonly { readonly key: string; readonly readonly: boolean; readonly value?: string }[]
        readonly unknownKey?: readonly string[]
      }
      return {
        known: configurationKey
          .slice(0, KEYS_MAX)
          .map((one) => ({ key: one.key, readonly: one.readonly, value: shown(one.key, one.value) })),
        unknown: unknownKey.slice(0, KEYS_MAX),
      }
    },
  }
}

/** Changes one key of 1.6. */
export function changeConfiguration(key: string, value: string): Question<SettingStatus> {
  return {
    action: 'ChangeConfiguration',
    payload: { key, value },
    isAnyStatusFine: true,
    read: (answer) => settingStatus((answer as { readonly status: string }).status),
  }
}

/** Asks for the actual values of variables, 2.0.1 and 2.1; a station may take fewer at once than are named. */
export function getVariables(names: readonly VariableName[]): Question<readonly VariableValue[]> {
  return {
    action: 'GetVariables',
    payload: { getVariableData: names.map(wireName) },
    read: (answer) =>
      (answer as { readonly getVariableResult: readonly WireResult[] }).getVariableResult.slice(0, KEYS_MAX).map((one) => ({
        ...nameOf(one),
        status: one.attributeStatus === 'Accepted' ? 'accepted' : one.attributeStatus === 'Rejected' ? 'rejected' : 'unknown',
        value: one.attributeStatus === 'Accepted' ? shown(one.variable.name, one.attributeValue) : null,
      })),
  }
}

/** Sets variables, 2.0.1 and 2.1; each has its own outcome. */
export function setVariables(
  values: readonly (VariableName & { readonly value: string })[],
): Question<readonly (VariableName & { readonly status: SettingStatus })[]> {
  return {
    action: 'SetVariables',
    payload: { setVariableData: values.map(({ value, ...name }) => ({ ...wireName(name), attributeValue: value })) },
    read: (answer) =>
      (answer as { readonly setVariableResult: readonly WireResult[] }).setVariableResult
        .slice(0, KEYS_MAX)
        .map((one) => ({ ...nameOf(one), status: settingStatus(one.attributeStatus) })),
  }
}

interface WireName {
  readonly component: {
    readonly name: string
    readonly instance?: string
    readonly evse?: { readonly id: number; readonly connectorId?: number }
  }
  readonly variable: { readonly name: string; readonly instance?: string }
}
interface WireResult extends WireName {
  readonly attributeStatus: string
  readonly attributeValue?: string
}

function wireName({ component, evse, componentInstance, variable, instance }: VariableName): WireName {
  return {
    component: {
      name: component,
      ...(componentInstance === undefined ? {} : { instance: componentInstance }),
      ...(evse === undefined ? {} : { evse }),
    },
    variable: { name: variable, ...(instance === undefined ? {} : { instance }) },
  }
}
function nameOf({ component, variable }: WireName): VariableName {
  return {
    component: component.name,
    ...(component.evse === undefined ? {} : { evse: component.evse }),
    ...(component.instance === undefined ? {} : { componentInstance: component.instance }),
    variable: variable.name,
    ...(variable.instance === undefined ? {} : { instance: variable.instance }),
  }
}
function shown(name: string, value: string | undefined): string | null {
  return value === undefined || SECRETS.has(name.toLowerCase()) ? null : value
}
function settingStatus(status: string): SettingStatus {
  switch (status) {
    case 'Accepted':
      return 'accepted'
    case 'RebootRequired':
      return 'reboot-required'
    case 'Rejected':
      return 'rejected'
    default:
      return 'unknown'
  }
}
