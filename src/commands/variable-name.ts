// Settings of stations as people write them: `HeartbeatInterval` in OCPP 1.6, `OCPPCommCtrlr.HeartbeatInterval` in 2.x.
import type { VariableName } from '../../domain/registry/station-command.ts'
import { exitError } from './exit.ts'

/** `COMPONENT[INSTANCE]@EVSE.VARIABLE[INSTANCE]`; everything but the variable may be left out. */
const NAME = /^(?:([^[\]@.]+)(?:\[([^\]]+)\])?(?:@(\d{1,3}))?\.)?([^[\]@]+)(?:\[([^\]]+)\])?$/

/** The setting a text names; ends with 2 where it names none. */
export function variableNamed(text: string): VariableName {
  const match = NAME.exec(text)
  if (match === null)
    throw exitError(2, `${text}: a setting is VARIABLE or COMPONENT.VARIABLE, such as OCPPCommCtrlr.HeartbeatInterval`)
  const [, component = null, componentInstance = null, evse, variable, instance = null] = match
  return { component, componentInstance, evse: evse === undefined ? null : Number(evse), variable: variable!, instance }
}
