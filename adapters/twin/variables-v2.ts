// Questions about the device model of 2.x: variables read, written and reported.
import type { Variable } from './device-model.ts'
import { wire, type Message } from './session-message.ts'
import type { Settings, StationControls } from './station-controls.ts'

interface VariableName {
  readonly component: { readonly name: string; readonly evse?: { readonly id: number } }
  readonly variable: { readonly name: string; readonly instance?: string }
  readonly attributeType?: string
}

/** [B06] */
export function getVariables(
  { getVariableData }: { readonly getVariableData: readonly VariableName[] },
  { settings }: StationControls,
): object {
  return {
    getVariableResult: getVariableData.map((asked) => {
      const status = statusOf(asked, settings)
      const value = settings.get(keyOf(asked))
      return status === null && value !== undefined
        ? { ...echo(asked), attributeStatus: 'Accepted', attributeValue: value }
        : { ...echo(asked), attributeStatus: status ?? 'UnknownVariable' }
    }),
  }
}

/** [B05] */
export function setVariables(
  { setVariableData }: { readonly setVariableData: readonly (VariableName & { readonly attributeValue: string })[] },
  { settings }: StationControls,
): object {
  return {
    setVariableResult: setVariableData.map((asked) => {
      const status = statusOf(asked, settings)
      if (status !== null) return { ...echo(asked), attributeStatus: status }
      const isWritten = settings.write(keyOf(asked), asked.attributeValue) === 'written'
      return { ...echo(asked), attributeStatus: isWritten ? 'Accepted' : 'Rejected' }
    }),
  }
}

/** [B07] `ConfigurationInventory` holds what can be written, `SummaryInventory` the states. */
export function getBaseReport(
  { requestId, reportBase }: { readonly requestId: number; readonly reportBase: string },
  station: StationControls,
): object {
  const variables = [...station.settings.variables.values()].filter(
    ({ isWritable, name }) =>
      reportBase === 'FullInventory' ||
      (reportBase === 'ConfigurationInventory' ? isWritable === true : name.endsWith('.AvailabilityState')),
  )
  return reported(requestId, variables, station)
}

/** [B08] by component and variable; a station without problems has none that fit a criterion such as `Problem`. */
export function getReport(
  {
    requestId,
    componentVariable,
    componentCriteria,
  }: {
    readonly requestId: number
    readonly componentVariable?: readonly (Pick<VariableName, 'component'> & Partial<VariableName>)[]
    readonly componentCriteria?: readonly string[]
  },
  station: StationControls,
): object {
  const isWanted = ({ name }: Variable) =>
    componentVariable?.some((wanted) => {
      const parts = partsOf(name)
      return (
        wanted.component.name === parts.component &&
        (wanted.variable === undefined || wanted.variable.name === parts.variable) &&
        (wanted.variable?.instance === undefined || wanted.variable.instance === parts.instance)
      )
    }) ?? true
  const isMet = componentCriteria?.every((criterion) => criterion === 'Available' || criterion === 'Enabled') ?? true
  return reported(requestId, isMet ? [...station.settings.variables.values()].filter(isWanted) : [], station)
}

const ITEMS_A_MESSAGE = 20
function reported(requestId: number, variables: readonly Variable[], station: StationControls): object {
  if (variables.length === 0) return { status: 'EmptyResultSet' }
  const count = Math.ceil(variables.length / ITEMS_A_MESSAGE)
  station.tellAfterwards(
    Array.from({ length: count }, (_, seqNo): Message => {
      const payload = {
        requestId,
        generatedAt: wire(station.now()),
        seqNo,
        tbc: seqNo < count - 1,
        reportData: variables
          .slice(seqNo * ITEMS_A_MESSAGE, (seqNo + 1) * ITEMS_A_MESSAGE)
          .map((variable) => described(variable, station.settings.get(variable.name) ?? '')),
      }
      return { action: 'NotifyReport', payload: () => payload, isTransactional: false }
    }),
  )
  return { status: 'Accepted' }
}

function described({ name, dataType, isWritable, valuesList, unit, place }: Variable, value: string): object {
  const { component, variable, instance } = partsOf(name)
  const evse = place === undefined ? {} : { evse: { id: 1, ...(place === 'connector' ? { connectorId: 1 } : {}) } }
  return {
    component: { name: component, ...evse },
    variable: { name: variable, ...(instance === undefined ? {} : { instance }) },
    variableAttribute: [{ type: 'Actual', value, mutability: isWritable === true ? 'ReadWrite' : 'ReadOnly' }],
    variableCharacteristics: {
      dataType,
      supportsMonitoring: false,
      ...(unit === undefined ? {} : { unit }),
      ...(valuesList === undefined ? {} : { valuesList }),
    },
  }
}

/** Null where the variable can be read. */
function statusOf(asked: VariableName, { variables }: Settings): string | null {
  const { component, attributeType } = asked
  const isThere = (component.evse?.id ?? 1) <= 1 && [...variables.keys()].some((key) => key.startsWith(`${component.name}.`))
  if (!isThere) return 'UnknownComponent'
  if (!variables.has(keyOf(asked))) return 'UnknownVariable'
  return (attributeType ?? 'Actual') === 'Actual' ? null : 'NotSupportedAttributeType'
}
function echo({ component, variable, attributeType }: VariableName): object {
  return { component, variable, ...(attributeType === undefined ? {} : { attributeType }) }
}
function keyOf({ component, variable }: VariableName): string {
  return `${component.name}.${variable.name}${variable.instance === undefined ? '' : `[${variable.instance}]`}`
}
function partsOf(name: string): { readonly component: string; readonly variable: string; readonly instance: string | undefined } {
  const [, component, variable, instance] = /^(\w+)\.(\w+)(?:\[(\w+)\])?$/.exec(name)!
  return { component: component!, variable: variable!, instance }
}
