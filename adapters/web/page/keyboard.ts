// Single letters act only where nobody is writing.

/** Whether a key press belongs to a field that is being filled in. */
export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'range'
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}
