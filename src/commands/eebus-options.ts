// What EEBUS commands have in common on the command line: the key of this end, the SKI of the other one, its address.
import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { parseSki } from '../../adapters/eebus/ship/certificate.ts'
import { configOrExit } from './config-or-exit.ts'

/** The folder of our key. */
export function homeOf(given: string | undefined): string {
  return resolve(given ?? configOrExit().GEGENSTROM_HOME)
}

/** An SKI of 40 hex digits. */
export function skiOption(text: string): string {
  const found = parseSki(text)
  if (found === null) throw new InvalidArgumentError('an SKI has 40 hex digits')
  return found
}

/** The address of a SHIP node. */
export function shipUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'wss:' || url.hostname === '')
    throw new InvalidArgumentError('an address such as wss://192.168.1.20:4712/ship/')
  return url.href
}

/** The address of an MQTT broker. */
export function mqttUrl(text: string): string {
  if (!/^mqtts?:\/\/[^\s@]+$/.test(text) || URL.parse(text) === null)
    throw new InvalidArgumentError('an address such as mqtts://broker.example:8883')
  return text
}
