// The memory of a running process without anything that acts: it takes facts, and can be laid down and taken up.
import { commandBook } from '../../adapters/control-api/command-book.ts'
import { houseBook } from '../../adapters/mqtt-hems/house-book.ts'
import { webhookDesk } from '../../adapters/webhooks/webhook-desk.ts'
import { habits } from '../../domain/forecast/habits.ts'
import { emptyFleet } from '../../domain/live/live-fleet.ts'
import { MARKET_ZONE } from '../../domain/time/zone-offset.ts'
import { closedLimits } from './closed-limits.ts'
import { limitStandings } from './limit-standings.ts'
import { recorder, type Recorder, type RecorderOptions } from './recorder.ts'
import { signalEffects } from './signal-effects.ts'
import { troubles } from './troubles.ts'

/** A recorder over an empty memory that remembers the same as that of a running process of a node. `now` in epoch ms. */
export function bareRecorder(node: string, journal: RecorderOptions['journal'], now: () => number): Recorder {
  const fleet = emptyFleet()
  const nothing = () => {}
  const clock = { now, elapsed: () => 0, at: () => nothing, after: () => nothing, onStep: () => nothing }
  const webhooks = webhookDesk({
    clock,
    webhooks: fleet.webhooks,
    keep: () => Promise.reject(new Error('nothing is recorded here')),
    secret: null,
    allowPrivate: false,
    node,
    random: () => 0,
    track: (work) => work,
    log: nothing,
  })
  const signals = signalEffects(fleet)
  const limits = limitStandings(fleet)
  const closed = closedLimits()
  const commands = commandBook()
  const houses = houseBook()
  return recorder({
    fleet,
    clock,
    journal,
    habitual: habits(MARKET_ZONE),
    troubles: troubles({ clock, log: nothing }),
    onFact(fact, sequence, at) {
      webhooks.noticed(fact, sequence, at)
      signals.notice(fact, at)
      limits.notice(fact, sequence, at)
      closed.notice(fact)
      commands.noticed(fact, at)
      houses.noticed(fact)
    },
    remembered: [
      { name: 'webhooks', freeze: webhooks.freeze, thaw: webhooks.thaw },
      { name: 'signals', freeze: signals.freeze, thaw: signals.thaw },
      { name: 'limits', freeze: limits.freeze, thaw: limits.thaw },
      { name: 'closed-limits', freeze: closed.freeze, thaw: closed.thaw },
      { name: 'control-commands', freeze: commands.freeze, thaw: commands.thaw },
      { name: 'houses', freeze: houses.freeze, thaw: houses.thaw },
    ],
  })
}
