// What a person may ask of a station by hand, whatever version it speaks.

/** What a station can be asked to tell at once. */
export const TRIGGERED_MESSAGES = [
  'BootNotification',
  'Heartbeat',
  'StatusNotification',
  'MeterValues',
  'TransactionEvent',
  'FirmwareStatusNotification',
  'LogStatusNotification',
] as const
export type TriggeredMessage = (typeof TRIGGERED_MESSAGES)[number]

/** One setting of a station. 1.6 knows one name, `variable`; 2.x variables belong to a component. */
export interface VariableName {
  readonly component: string | null
  readonly componentInstance: string | null
  /** EVSE of the component; null for the station's own. */
  readonly evse: number | null
  readonly variable: string
  readonly instance: string | null
}
/** A setting as the station tells it; null where it has none or does not show it. */
export interface ConfigurationValue extends VariableName {
  readonly value: string | null
  /** Null where the station does not say. */
  readonly readOnly: boolean | null
  /** What the station says where it gives no value, such as `UnknownVariable`. */
  readonly status: string | null
}

/** EVSEs by their number, from 1; null for the station as a whole. */
export type StationCommand =
  /** `hard`: at once. `soft`: in good order; 1.6 ends what charges first, 2.x waits until nothing charges. */
  | { readonly kind: 'reset'; readonly evse: number | null; readonly mode: 'soft' | 'hard' }
  | { readonly kind: 'unlock'; readonly evse: number; readonly connector: number }
  | { readonly kind: 'trigger'; readonly message: TriggeredMessage; readonly evse: number | null }
  | { readonly kind: 'availability'; readonly evse: number | null; readonly operative: boolean }
  /** The token as it stands on the card: the station has to hear it; it is kept nowhere. */
  | { readonly kind: 'start'; readonly evse: number; readonly token: string }
  | { readonly kind: 'stop'; readonly evse: number }
  /** Without names: everything, where the version can. */
  | { readonly kind: 'get-configuration'; readonly variables: readonly VariableName[] }
  | { readonly kind: 'set-configuration'; readonly variable: VariableName; readonly value: string }

export type CommandOutcome = 'accepted' | 'rejected' | 'no-answer' | 'unsupported'

/** Whether a setting holds a secret: its value is in no list, no journal and no frame that is shown. */
export function isSecretVariable({ variable }: Pick<VariableName, 'variable'>): boolean {
  return /password|passwd|authorizationkey|secret|privatekey|simpin/i.test(variable)
}
/** Whether it is the password the station signs in with. */
export function isStationPassword({ variable }: Pick<VariableName, 'variable'>): boolean {
  return /^(?:basicauthpassword|authorizationkey)$/i.test(variable)
}
