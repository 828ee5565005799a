#!/usr/bin/env node
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`error: Node ${process.version} does not run TypeScript as it is.`)
  console.error('  Install Node 22.18 or newer.')
  process.exit(4)
}

// Start-up is mostly the reading of modules: kept compiled (and stripped of their types) for the next time, here and in
// the threads and processes that are started from here.
const { directory } = module.enableCompileCache()
if (directory) process.env.NODE_COMPILE_CACHE ??= directory

/**
 * Installed from a registry, the built command runs. In a clone the source runs, built or not, so that a stale build is
 * never taken for the code; Node strips its types.
 */
const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, '..', 'src', 'main.ts')
const installed = here.includes(`${sep}node_modules${sep}`)
const condition = '--conditions=@pipewright/source'
// Help needs no other package, so not their sources either.
const asksHelp = process.argv.slice(2).every((word) => /^(--help|-h|--version|-V)$/.test(word))

if (installed || !existsSync(source)) await import('../dist/main.js')
else if (asksHelp || process.execArgv.includes(condition)) await import('../src/main.ts')
else await runAgain([...process.execArgv, condition, source, ...process.argv.slice(2)])

async function runAgain(args) {
  // The same process id before and after: signals and exit codes need no forwarding.
  if (process.execve) process.execve(process.execPath, [process.execPath, ...args], process.env)
  const { spawnSync } = await import('node:child_process')
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}
