import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { parseCrashPoints } from './crash-point.ts'

const run = promisify(execFile)
const script = `
import { crashPoint } from ${JSON.stringify(fileURLToPath(new URL('./crash-point.ts', import.meta.url)))}
for (let i = 1; i <= 3; i += 1) {
  console.log(i)
  crashPoint('worker.claimed')
}`

async function printed(
  points: string,
): Promise<{ stdout: string; signal?: string; code?: number }> {
  const args = ['--input-type=module-typescript', '-e', script]
  const env = { ...process.env, PIPEWRIGHT_CRASH_POINTS: points }
  return run(process.execPath, args, { env }).catch(
    (error: unknown) =>
      // execFile rejects with the output and the signal on the error.
      Object(error) as { stdout: string; signal: string },
  )
}

describe('a crash point', () => {
  it('is off in a process that was not told to crash', async () => {
    expect(parseCrashPoints('')).toBeUndefined()
    expect((await printed('')).stdout).toBe('1\n2\n3\n')
  })

  it('kills its process at the passage that was named', async () => {
    expect(await printed('worker.claimed:2=kill')).toMatchObject({
      stdout: '1\n2\n',
      signal: 'SIGKILL',
    })
  })

  it('fails at its first passage when none is named', async () => {
    expect(await printed('worker.claimed=fail')).toMatchObject({ stdout: '1\n', code: 1 })
  })

  it('refuses what it cannot read, rather than not crash', () => {
    expect(() => parseCrashPoints('worker.claimed=explode')).toThrow('explode')
  })
})
