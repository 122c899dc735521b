// Data transfer: what vendors add to the protocol; we know no vendor's additions.
import type { InboundHandler } from '../inbound.ts'

/** Every version. */
export const dataTransfer: InboundHandler = () => ({ events: [], answer: () => ({ status: 'UnknownVendorId' }) })
