import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { sharedRedisUrl } from '../support/redis.ts'
import { testProject, type TestProject } from './test-project.ts'

let project: TestProject
beforeAll(async () => {
  project = await testProject()
})
afterAll(() => project.dispose())

const main = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts')
const pty = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'

/** What a command writes to a terminal, which Python's own library plays. */
async function onTerminal(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env
  const command = [process.execPath, '--conditions=@pipewright/source', main, ...args]
  const child = spawn('python3', ['-c', pty, ...command], {
    cwd: project.root,
    env: {
      ...inherited,
      REDIS_URL: sharedRedisUrl(),
      PIPEWRIGHT_PREFIX: project.prefix,
      TERM: 'xterm-256color',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await once(child, 'close')
  expect(child.exitCode).toBe(0)
  return output
}

const run = ['run', 'chatty', '--no-mlflow']

test('on a terminal the tree is drawn in place, and the cursor is given back', async () => {
  const output = await onTerminal(run, {})
  expect(output).toContain('\u001b[?25l')
  expect(output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(output.lastIndexOf('\u001b[?25l'))
  // One line of head and one of the only node are drawn over.
  expect(output).toContain('\u001b[2A\r')
  expect(output).toContain('\u001b[32m✔\u001b[39m speak')
  expect(output).toContain('warned by the node')
})

test('NO_COLOR takes the colours away', async () => {
  const output = await onTerminal(run, { NO_COLOR: '1' })
  expect(output).toContain('✔ speak')
  expect(output).not.toContain('\u001b[3')
})

test('a dumb terminal gets lines', async () => {
  const output = await onTerminal(run, { TERM: 'dumb' })
  expect(output).toMatch(/^\d\d:\d\d:\d\d ✔ speak succeeded/m)
  expect(output).not.toContain('\u001b')
})
