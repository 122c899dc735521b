// What a station writes otherwise than its protocol has it, and what was taken all the same: a line a kind, under everything that matters more.
import type { StationDetail } from './api.ts'
import { number, timeSeconds } from './format.ts'
import type { Language, Texts } from './language.ts'

interface OdditiesProps {
  readonly list: StationDetail['oddities']
  readonly language: Language
  readonly texts: Texts
}

/** Nothing where a station writes as it should. */
export function Oddities({ list, language, texts }: OdditiesProps) {
  if (list.length === 0) return null
  return (
    <>
      <h3>
        {texts.oddities} <span class="hint">{texts.odditiesHint}</span>
      </h3>
      <ul class="groups">
        {list.map(({ kind, count, lastAt, where }) => (
          <li key={kind}>
            {texts.oddityKinds[kind] ?? kind}{' '}
            <span class="hint">{`${number(count, language, 0)} ×, ${timeSeconds(Date.parse(lastAt), language)}: ${where}`}</span>
          </li>
        ))}
      </ul>
    </>
  )
}
