import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'

const megabytes = 48

/** Writes more lines than a pipe holds, all at once, and says on standard error how much memory they took. */
const program = `
  import { openLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
  const log = openLog('w', 'info')
  const used = () => (gc(), process.memoryUsage().heapUsed / 2 ** 20)
  const before = used()
  for (let at = 0; at < ${megabytes * 1024}; at++) log.info('x'.repeat(1023))
  console.error(used() - before)
`
const Line = z.object({ msg: z.string(), lines: z.int().optional() })

test('a log that nobody reads takes little memory, and tells its reader how many lines were dropped', async () => {
  const child = spawn(
    process.execPath,
    ['--conditions=@pipewright/source', '--expose-gc', '--input-type=module', '--eval', program],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const [grown] = z.tuple([z.instanceof(Buffer)]).parse(await once(child.stderr, 'data'))
  let written = 0
  let dropped = 0
  createInterface({ input: child.stdout }).on('line', (text) => {
    const { lines } = Line.parse(JSON.parse(text))
    if (lines === undefined) written += 1
    else dropped += lines
  })
  await once(child, 'close')
  expect(written + dropped).toBe(megabytes * 1024)
  expect(dropped).toBeGreaterThan(0)
  expect(Number(grown.toString())).toBeLessThan(megabytes / 4)
})
