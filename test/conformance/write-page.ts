// `npm run conformance`: writes the pages of promises and of EEBUS cases with the tests that cite them, and that of what is accepted beyond the standard.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { citationsUnder } from './cited-ids.ts'
import { contradictions, PAGE_FILE, pageOf } from './conformance.ts'
import { EEBUS_FILE, eebusCitations, eebusContradictions, eebusPage, readEebusCases } from './eebus.ts'
import { readPromises } from './promises.ts'
import { TOLERANCES_FILE, tolerancesPage } from './tolerances.ts'

const root = resolve(import.meta.dirname, '../..')
const [promises, citations] = [readPromises(root), citationsUnder(root, 'test')]
writeFileSync(join(root, PAGE_FILE), pageOf(promises, citations))
writeFileSync(join(root, TOLERANCES_FILE), tolerancesPage())
const [cases, cited] = [readEebusCases(root), eebusCitations(root)]
writeFileSync(join(root, EEBUS_FILE), eebusPage(cases, cited))
// The page is written all the same, so that one sees where it goes wrong.
for (const text of [...contradictions(promises, citations), ...eebusContradictions(cases, cited)]) {
  console.error(text)
  process.exitCode = 1
}
