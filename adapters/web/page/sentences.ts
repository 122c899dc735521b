// Reasons and alarms come from the server as English sentences of a few known shapes; here they get the words and numbers of the reader.
// A sentence of an unknown shape is shown as it is.
import { number } from './format.ts'
import type { Language } from './language.ts'

type Shape = readonly [RegExp, string]

const GERMAN: readonly Shape[] = [
  [/^(.+) limits to (.+)$/, '$1 begrenzt auf $2'],
  [/^(.+) cannot be reached by (\S+): (.+) missing, (.+)$/, '$1 sind bis $2 nicht zu schaffen: $3 fehlen, $4'],
  [/^no plan yet: the safe default holds$/, 'noch kein Plan: das sichere Profil gilt'],
  [/^charges at once until (.+)$/, 'lädt sofort bis $1'],
  [/^charged as wished$/, 'geladen wie gewünscht'],
  [
    /^no price is known for this quarter-hour: planned with a cautious guess$/,
    'kein Preis für diese Viertelstunde: vorsichtig geplant',
  ],
  [/^charges at (.+), sold again later$/, 'lädt zu $1, wird später verkauft'],
  [/^charges at (\S+ ct\/kWh), (.+) by (\S+)$/, 'lädt zu $1, $2 bis $3'],
  [/^feeds back at (\S+ ct\/kWh), refills from (\S+) at (.+)$/, 'speist zu $1 zurück, lädt ab $2 zu $3 nach'],
  [/^feeds back at (.+)$/, 'speist zu $1 zurück'],
  [/^full enough: waits for departure$/, 'voll genug: wartet auf die Abfahrt'],
  [/^waits$/, 'wartet'],
  [/^waits: charges from (\S+) at (\S+) instead of (.+)$/, 'wartet: lädt ab $1 zu $2 statt $3'],
  [/^waits: feeds back from (\S+) at (\S+) instead of (.+)$/, 'wartet: speist ab $1 zu $2 statt $3 zurück'],
  [/^waits: charges from (\S+)$/, 'wartet: lädt ab $1'],
  [/^waits: feeds back from (\S+)$/, 'wartet: speist ab $1 zurück'],
  [
    /^no connection: the station follows its last schedule, then its safe default$/,
    'keine Verbindung: folgt dem letzten Plan, dann dem sicheren Profil',
  ],
  [/^the station reports a fault$/, 'die Station meldet eine Störung'],
  [/^did not follow three times: not counted on for now$/, 'dreimal nicht gefolgt: zählt vorerst nicht mit'],
  [/^does not follow its order$/, 'folgt dem Auftrag nicht'],
  [/^reconnects too often: admitted once a minute$/, 'verbindet sich zu oft neu: nur einmal pro Minute zugelassen'],
  [
    /^sends more than 20 messages a second, or as much in long ones: slowed down$/,
    'sendet mehr als 20 Nachrichten pro Sekunde oder ebenso viel in langen: wird gebremst',
  ],
  [/^refused the last order: (.+)$/, 'hat den letzten Auftrag abgelehnt: $1'],
  [/^target missed by (.+?): (.+)$/, 'Ziel um $1 verfehlt: $2'],
  [
    /^(LPC|LPP): guard (.+) does not guide, the failsafe limit of (.+) holds since (.+)$/,
    '$1: $2 steuert nicht, seit $4 gilt die Ausfallgrenze von $3',
  ],
  [
    /^(LPC|LPP): guard (.+) is silent, and since (.+) nothing limits the connection$/,
    '$1: $2 schweigt, seit $3 begrenzt nichts den Anschluss',
  ],
  [/^minimum (.+)$/, 'Minimum $1'],
  [/^(\d+ %) by (\S+)$/, '$1 bis $2'],
  [/^plan \(bidirectional\)$/, 'Plan'],
  [/^plan \(smart\)$/, 'Plan'],
  [/^plan \(immediate\)$/, 'Plan: sofort laden'],
  [/^plan \(none yet\)$/, 'noch kein Plan'],
  [/^station rating$/, 'Station'],
  [/^house fuse$/, 'Hausanschluss'],
  [/^grid connection$/, 'Netzanschluss'],
  [/^car$/, 'Auto'],
  [/^driver$/, 'Fahrer'],
]
/** A decimal number, or any number that stands before a unit. */
const FIGURE = /-?\d+\.\d+(?=$|[^\d.])|(?<![\d:])\d+(?= (?:%|kW|kWh|ct\/kWh)(?:$|[^\w]))/g
const UNIT = /(\d) (%|kWh|kW|ct\/kWh)/g

/** A sentence of the server in the words of the reader. */
export function sentence(text: string, language: Language): string {
  let found = text
  if (language === 'de')
    for (const [shape, words] of GERMAN)
      if (shape.test(text)) {
        found = text.replace(shape, words)
        break
      } else found = text.replace(/^plan \((?:bidirectional|smart)\)$/, 'plan').replace(/^station rating$/, 'station')
  return found
    .replace(FIGURE, (figure) => number(Number(figure), language, figure.split('.')[1]?.length ?? 0))
    .replace(UNIT, '$1\u202f$2')
}
