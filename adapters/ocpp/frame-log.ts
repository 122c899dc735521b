// The last frames of one station, for people who look into what it says; bounded in number and in size.

export interface LoggedFrame {
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly text: string
}
export interface FrameLog {
  /** Oldest first. */
  readonly frames: LoggedFrame[]
  characters: number
}

const FRAMES_MAX = 200
/** Of one frame, and of all frames of a station: a fleet of 10,000 talkative stations stays below 350 MB. */
export const FRAME_CHARACTERS_MAX = 4_096
const CHARACTERS_MAX = 32_768

/** An empty log of one station. */
export function frameLog(): FrameLog {
  return { frames: [], characters: 0 }
}

/** Adds a frame and forgets the oldest beyond the bounds. */
export function logFrame(log: FrameLog, at: number, direction: 'in' | 'out', text: string): void {
  const kept = text.length > FRAME_CHARACTERS_MAX ? shortened(text) : text
  log.frames.push({ at, direction, text: kept })
  log.characters += kept.length
  while (log.frames.length > FRAMES_MAX || log.characters > CHARACTERS_MAX) log.characters -= log.frames.shift()!.text.length
}

/** A copy: a slice would keep the whole frame in memory. */
function shortened(text: string): string {
  return `${Buffer.from(text.slice(0, FRAME_CHARACTERS_MAX)).toString()}…`
}
