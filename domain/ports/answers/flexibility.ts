// What may be asked of flexibility: what a car, a site, a pool or a portfolio can do.
import type { Asker } from '../../registry/asker.ts'
import type { Band } from '../../flexibility/band.ts'

export interface FlexibilityAnswers {
  /** What `evse:…`, `site:…`, `pool:…` or `portfolio:GROUP/AREA` can do from an instant on, epoch ms; null for a subject nobody knows. */
  flexibility(asker: Asker, subject: string, now: number): Promise<Band | null>
}
