// Fills a state that others already hold in their hands: maps, sets and objects stay the same ones and get another content.

/** Gives `target` the content of `source`, which is of the same shape. What lies inside of maps, sets and arrays is taken over as it is. */
export function fillWith(target: unknown, source: unknown): void {
  if (target === source) return
  if (target instanceof Map && source instanceof Map) {
    target.clear()
    for (const [key, value] of source) target.set(key, value)
  } else if (target instanceof Set && source instanceof Set) {
    target.clear()
    for (const value of source) target.add(value)
  } else if (Array.isArray(target) && Array.isArray(source)) {
    target.length = 0
    for (const value of source as readonly unknown[]) target.push(value)
  } else fillObject(target as Record<string, unknown>, source as Readonly<Record<string, unknown>>)
}

function fillObject(target: Record<string, unknown>, source: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(target)) if (!(key in source)) delete target[key]
  for (const [key, value] of Object.entries(source)) {
    if (isHeld(target[key]) && isHeld(value)) fillWith(target[key], value)
    else target[key] = value
  }
}

/** Whether others may hold it: what is no such thing is replaced. */
function isHeld(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof Map || value instanceof Set || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}
