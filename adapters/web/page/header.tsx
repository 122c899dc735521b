// The top line: whose pool this is, how it is planned and under which fees, what is not as usual, and the time.
import type { LivePool } from '../live-snapshot.ts'
import { day, number, timeSeconds } from './format.ts'
import { Icon, WarningIcon } from './icons.tsx'
import type { Language, Texts } from './language.ts'

interface HeaderProps {
  readonly pool: LivePool | null
  readonly language: Language
  readonly texts: Texts
  readonly dark: boolean
  readonly onLanguage: () => void
  readonly onTheme: () => void
  readonly onHelp: () => void
}

export function Header({ pool, language, texts, dark, onLanguage, onTheme, onHelp }: HeaderProps) {
  return (
    <header class="top">
      <Icon name="mark" />
      <h1>Gegenstrom</h1>
      <span class="place">{texts.title}</span>
      {pool !== null && (
        <span class="mode">
          {texts.strategy[pool.strategy]}
          <span class="dot"> · </span>
          {texts.fees} <b id="regime">{texts.regimes[pool.feeRegime] ?? pool.feeRegime}</b>
        </span>
      )}
      <div class="notices" role="status">
        {pool !== null && pool.degraded.length > 0 && (
          <span class="chip warn">
            <WarningIcon /> {texts.degraded}: {pool.degraded.map((part) => texts.parts[part] ?? part).join(', ')}
          </span>
        )}
        {pool?.lab === true && <span class="chip quiet">{texts.lab}</span>}
        {pool !== null && pool.speed !== 1 && (
          <span class="chip quiet" id="speed">
            <Icon name="clock" /> {texts.speedOf(number(pool.speed, language, Number.isInteger(pool.speed) ? 0 : 1))}
          </span>
        )}
      </div>
      <div class="buttons">
        <button type="button" class="plain" onClick={onHelp}>
          {texts.help} <kbd>?</kbd>
        </button>
        <button type="button" class="plain" onClick={onTheme}>
          {dark ? texts.themeLight : texts.themeDark} <kbd>T</kbd>
        </button>
        <button type="button" class="plain" onClick={onLanguage} lang={language === 'de' ? 'en' : 'de'}>
          {texts.otherLanguage}
        </button>
      </div>
      <div class="clock">
        <time id="clock">{timeSeconds(pool?.now ?? null, language)}</time>
        <span>{pool === null ? ' ' : `${day(pool.now, language)} · ${timeSeconds(pool.now, language, 'UTC')} UTC`}</span>
      </div>
    </header>
  )
}
