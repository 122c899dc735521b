// The ladder of authorities: each with the range it allows on one axis, in order of precedence. The one that decides stands out.
import type { WhyRung } from './api.ts'
import { kilowatts, number } from './format.ts'
import { Icon, type IconName } from './icons.tsx'
import type { Language, Texts } from './language.ts'
import { sentence } from './sentences.ts'

const RANK_ICONS: Readonly<Record<string, readonly [IconName, string]>> = {
  hardware: ['plug', ''],
  'grid-limit': ['limit', 'limit'],
  driver: ['car', ''],
  operator: ['operator', ''],
  activation: ['activation', 'tso'],
  'ready-by': ['car', ''],
  schedule: ['plan', ''],
  optimisation: ['plan', ''],
}

interface LadderProps {
  readonly rungs: readonly WhyRung[]
  readonly measured: number | null
  readonly language: Language
  readonly texts: Texts
}

export function Ladder({ rungs, measured, language, texts }: LadderProps) {
  const values = rungs.flatMap(({ minW, maxW, wantedW }) => [minW, maxW, wantedW]).filter((value) => value !== null)
  const low = Math.min(-1_000, ...values, measured ?? 0)
  const high = Math.max(1_000, ...values, measured ?? 0)
  const at = (watts: number) => ((Math.min(high, Math.max(low, watts)) - low) / (high - low)) * 100
  return (
    <div class="ladder">
      <ol>
        {rungs.map((rung, i) => (
          <Rung key={`${i} ${rung.authority}`} rung={rung} at={at} language={language} texts={texts} />
        ))}
      </ol>
      <div class="ladder-axis" aria-hidden="true">
        <div>
          <span style={{ left: '0%' }}>{number(low / 1000, language)}</span>
          <span style={{ left: `${at(0)}%` }}>0</span>
          <span style={{ left: '100%' }}>{`${number(high / 1000, language)} kW`}</span>
        </div>
      </div>
    </div>
  )
}

function Rung({ rung, at, language, texts }: { rung: WhyRung; at: (watts: number) => number; language: Language; texts: Texts }) {
  const { rank, authority, minW, maxW, wantedW, decides, overruled } = rung
  const [icon, tone] = RANK_ICONS[rank] ?? ['plan', '']
  const bounds = minW !== null || maxW !== null
  const [from, to] = [minW === null ? 0 : at(minW), maxW === null ? 100 : at(maxW)]
  const edge = wantedW ?? (decides ? (maxW ?? minW) : null)
  return (
    <li class={`${decides ? 'decides' : ''} ${overruled ? 'overruled' : ''} ${tone}`}>
      <span class="authority" title={`${texts.ranks[rank] ?? rank}: ${sentence(authority, language)}`}>
        <Icon name={icon} /> <span>{sentence(authority, language)}</span>
      </span>
      <span class="axis" aria-hidden="true">
        <i class="zero" style={{ left: `${at(0)}%` }} />
        {bounds ? (
          <i class="range" style={{ left: `${from}%`, width: `${Math.max(1, to - from)}%` }} />
        ) : (
          edge === null && <i class="open" />
        )}
        {edge !== null && <i class={`edge ${overruled ? 'dashed' : ''}`} style={{ left: `${at(edge)}%` }} />}
        {(overruled || (decides && !bounds)) && (
          <em style={edge === null ? {} : at(edge) > 55 ? { right: `${100 - at(edge)}%` } : { left: `${at(edge)}%` }}>
            {decides ? texts.decides : texts.overruled}
          </em>
        )}
      </span>
      <span class="bound">
        {overruled ? <s>{boundText(rung, language, texts)}</s> : boundText(rung, language, texts)}
        {(decides || overruled) && <span class="unseen"> {decides ? texts.decides : texts.overruled}</span>}
      </span>
    </li>
  )
}

function boundText({ minW, maxW, wantedW, decides }: WhyRung, language: Language, texts: Texts): string {
  if (wantedW !== null) return kilowatts(wantedW, language)
  if (minW !== null && maxW !== null) return `${number(minW / 1000, language)} … ${number(maxW / 1000, language, 0, true)}`
  if (maxW !== null) return `≤ ${kilowatts(maxW, language)}`
  if (minW !== null) return `≥ ${kilowatts(minW, language)}`
  return decides ? texts.decides : texts.met
}
