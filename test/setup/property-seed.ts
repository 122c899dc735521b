// Property tests run from one seed, so that a change is judged by itself; PROPERTY_SEED looks elsewhere.
import * as fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) })
