// Lines of a socket, one at a time: what is not asked for yet stays with its sender.
import type { Readable } from 'node:stream'

/** Yields each line without its end. Throws when one is longer than allowed, in bytes, or the socket fails. */
export async function* linesOf(socket: Readable, longest: number): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const part of socket as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      if (end > longest) throw new Error(`a line is longer than ${longest} bytes`)
      yield rest.subarray(0, end).toString('utf8')
      rest = rest.subarray(end + 1)
    }
    if (rest.length > longest) throw new Error(`a line is longer than ${longest} bytes`)
  }
}
