// Text from outside that no name can hold: control characters and halves of surrogate pairs. Databases refuse some of them and screens misread the rest.

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u

/** Whether a text can be a name or a sentence of one line. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text)
}

/** Where in a JSON value of known, finite depth the first unprintable text stands; null when there is none. */
export function unprintableIn(value: unknown, path: readonly (string | number)[] = []): readonly (string | number)[] | null {
  if (typeof value === 'string') return isPrintable(value) ? null : path
  if (typeof value !== 'object' || value === null) return null
  for (const [key, part] of Object.entries(value)) {
    const found = unprintableIn(part, [...path, key])
    if (found !== null) return found
  }
  return null
}
