#!/usr/bin/env node
import { existsSync } from 'node:fs'
import module from 'node:module'
import { join, sep } from 'node:path'

// Start-up is mostly the reading of modules: kept compiled (and stripped of their types) for the next time, here and in
// the threads and processes that are started from here.
const { directory } = module.enableCompileCache?.() ?? {}
if (directory) process.env.NODE_COMPILE_CACHE ??= directory

/**
 * Installed from a registry, the built command runs. In a clone the source runs, built or not, so that a stale build is
 * never taken for the code; Node strips its types.
 */
const source = join(import.meta.dirname, '..', 'src', 'main.ts')
const installed = import.meta.dirname.includes(`${sep}node_modules${sep}`)

if (installed || !existsSync(source)) await import('../dist/main.js')
else await runSource()

async function runSource() {
  const condition = '--conditions=@pipewright/source'
  if (process.execArgv.includes(condition)) return void (await import('../src/main.ts'))
  const args = [...process.execArgv, condition, source, ...process.argv.slice(2)]
  // The same process id before and after: signals and exit codes need no forwarding.
  if (process.execve) process.execve(process.execPath, [process.execPath, ...args], process.env)
  const { spawnSync } = await import('node:child_process')
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}
