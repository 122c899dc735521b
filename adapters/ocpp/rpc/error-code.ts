// Error codes of CALLERROR and CALLRESULTERROR; 1.6 spells two of them in its own way.
import type { Dialect } from './frame.ts'

export type RpcFault =
  | 'not-implemented'
  | 'not-supported'
  | 'internal'
  | 'protocol'
  | 'security'
  | 'format'
  | 'property'
  | 'occurrence'
  | 'type'
  | 'generic'
  | 'message-type'
  | 'framework'

const CODES: Record<RpcFault, readonly [v16: string, v2: string]> = {
  'not-implemented': ['NotImplemented', 'NotImplemented'],
  'not-supported': ['NotSupported', 'NotSupported'],
  internal: ['InternalError', 'InternalError'],
  protocol: ['ProtocolError', 'ProtocolError'],
  security: ['SecurityError', 'SecurityError'],
  format: ['FormationViolation', 'FormatViolation'],
  property: ['PropertyConstraintViolation', 'PropertyConstraintViolation'],
  occurrence: ['OccurenceConstraintViolation', 'OccurrenceConstraintViolation'],
  type: ['TypeConstraintViolation', 'TypeConstraintViolation'],
  generic: ['GenericError', 'GenericError'],
  'message-type': ['ProtocolError', 'MessageTypeNotSupported'],
  framework: ['FormationViolation', 'RpcFrameworkError'],
}

/** The dialect's spelling of a fault. */
export function errorCode(fault: RpcFault, dialect: Dialect): string {
  return CODES[fault][dialect === 'ocpp1.6' ? 0 : 1]
}

/** Thrown by a handler to answer a CALL with an error. */
export class RpcError extends Error {
  readonly fault: RpcFault
  constructor(fault: RpcFault, description: string) {
    super(description)
    this.fault = fault
  }
}
