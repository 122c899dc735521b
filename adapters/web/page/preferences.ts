// Language and theme: as the browser has them, until somebody chooses otherwise on this machine.
import { useLayoutEffect, useState } from 'preact/hooks'
import type { Language } from './language.ts'

const LANGUAGE = 'gegenstrom.language'
const THEME = 'gegenstrom.theme'

export function preferredLanguage(): Language {
  const chosen = read(LANGUAGE)
  if (chosen === 'de' || chosen === 'en') return chosen
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en'
}
export function rememberLanguage(language: Language): void {
  write(LANGUAGE, language)
}
export function rememberTheme(dark: boolean): void {
  write(THEME, dark ? 'dark' : 'light')
}

/** Whether the page is dark, and how to change that. */
export function useTheme(): readonly [boolean, (dark: boolean) => void] {
  const [dark, setDark] = useState(
    () => (read(THEME) ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark',
  )
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
  }, [dark])
  return [dark, setDark]
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}
function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // A browser that forbids storage forgets the choice with the page.
  }
}
