// Version of the program, from the package it was built from.
import { readFileSync } from 'node:fs'

const manifest = new URL(import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json', import.meta.url)
export const VERSION: string = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
