// Names of network locations (NeLo-ID, `E…`) and controllable resources (SR-ID, `C…`) as the German market uses them, with their check digit.

const SHAPE = /^[EC][A-Z0-9]{9}[0-9]$/
const FIRST_DIGIT = '0'.charCodeAt(0)

/** What is wrong with a NeLo-ID or SR-ID, as a sentence; null when nothing is. */
export function locationFault(id: string): string | null {
  if (!SHAPE.test(id)) return 'is E (network location) or C (controllable resource), nine capitals or digits and a check digit'
  return checkDigit(id.slice(0, -1)) === Number(id.at(-1)) ? null : 'has a wrong check digit'
}

/**
 * The check digit by the ASCII method for NeLo and resource ids (BDEW, "Identifikatoren in der Marktkommunikation", rule of formation 1.0, 6.2): letters count
 * as their ASCII code, what stands at even positions counts twice, the rest to the next multiple of ten is the digit.
 */
export function checkDigit(body: string): number {
  let sum = 0
  for (const [i, letter] of [...body].entries()) {
    const value = /\d/.test(letter) ? letter.charCodeAt(0) - FIRST_DIGIT : letter.charCodeAt(0)
    sum += i % 2 === 0 ? value : 2 * value
  }
  return (10 - (sum % 10)) % 10
}
