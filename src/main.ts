#!/usr/bin/env -S node --max-semi-space-size=64
// Entry point of the program: runs the command line on this process's streams. Messages live until their answer is durable: with room for those of a second the collector hardly has to move one.
import { runCommandLine } from './cli.ts'

// A reader that goes away, as in `gegenstrom … | head`, is no error.
process.stdout.on('error', () => {})
process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
})
