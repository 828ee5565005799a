import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import * as z from 'zod'

/** What one process did that passed a stream from file to file. */
export interface Streamed {
  readonly format: string
  /** Bytes of the file that was read. */
  readonly bytes: number
  readonly rows: number
  /** Seconds to read, check, save and publish it. */
  readonly seconds: number
  /** Most memory that the process had, in bytes. */
  readonly memory: number
}

const Streamed: z.ZodType<Streamed> = z.object({
  format: z.string(),
  bytes: z.number(),
  rows: z.number(),
  seconds: z.number(),
  memory: z.number(),
})

const run = promisify(execFile)

/** Passes rows through a process of its own, whose memory is its own. */
export async function streamed(format: string, bytes: number, folder: string): Promise<Streamed> {
  const main = fileURLToPath(new URL('./stream-main.ts', import.meta.url))
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@pipewright/source', main, format, String(bytes), folder],
    { maxBuffer: 1 << 20 },
  )
  return Streamed.parse(JSON.parse(stdout))
}
