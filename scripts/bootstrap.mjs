// Runs a command of this repository on a machine that has only Node 18 or newer with npm: installs the
// packages when they are missing or older than the lockfile, then goes on under the Node of the packages.
// Plain JavaScript, for the machine's own Node may be too old to strip types.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const root = fileURLToPath(new URL('..', import.meta.url))
const binaries = join(root, 'node_modules', '.bin')
const installedMark = join(root, 'node_modules', '.installed')

const source = '--conditions=@pipewright/source'
/** The arguments for Node, and the folder to run in, of each command. */
const commands = {
  start: {
    cwd: 'examples/weather',
    args: [source, join(root, 'packages/cli/src/main.ts'), 'run', 'training'],
  },
  test: { cwd: '.', args: ['scripts/test.ts'] },
  'test:containers': {
    cwd: '.',
    args: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'containers'],
  },
  faults: { cwd: '.', args: [source, 'scripts/faults.ts'] },
  check: { cwd: '.', args: ['scripts/check.ts'] },
  fix: { cwd: '.', args: ['scripts/fix.ts'] },
  build: { cwd: '.', args: ['scripts/build.ts'] },
  bench: { cwd: '.', args: [source, 'bench/src/main.ts'] },
  demo: { cwd: '.', args: [source, 'scripts/demo.ts'] },
}

const [name = '', ...rest] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) {
  console.error(`Unknown command "${name}". There are: ${Object.keys(commands).join(', ')}.`)
  process.exit(2)
}

await install()
process.exitCode = await run(join(binaries, 'node'), [...command.args, ...rest], {
  cwd: join(root, command.cwd),
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${binaries}${delimiter}${process.env.PATH ?? ''}`,
    // One Python environment for the examples and all tests: MLflow is 600 MB.
    PIPEWRIGHT_PYTHON_ENV: process.env.PIPEWRIGHT_PYTHON_ENV || join(root, '.pipewright', 'python'),
  },
})

async function install() {
  const wanted = lockHash()
  const isCurrent =
    existsSync(join(binaries, 'node')) &&
    existsSync(installedMark) &&
    readFileSync(installedMark, 'utf8') === wanted
  if (isCurrent) return
  console.error('Installing packages (once, about 30 s) ...')
  const code = await run(
    'npx',
    // Errors only: pnpm looks at the machine's Node and would warn of each package that wants a newer one.
    [
      '-y',
      PNPM,
      'install',
      '--frozen-lockfile',
      '--config.confirm-modules-purge=false',
      '--loglevel=error',
    ],
    // On standard error, so that a command's own output (say, JSON) stays clean.
    { cwd: root, stdio: ['ignore', process.stderr, process.stderr], shell: onWindows() },
  )
  if (code !== 0) {
    console.error(`The install failed (exit code ${code}). Try it by hand: npx -y ${PNPM} install`)
    process.exit(code)
  }
  writeFileSync(installedMark, wanted)
}

function lockHash() {
  const hash = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    hash.update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function onWindows() {
  return process.platform === 'win32'
}

function ignore() {}

function run(file, args, options) {
  return new Promise((resolve) => {
    const child = spawn(file, args, options)
    // Ctrl-C reaches the child by itself, being in the same group; we stay to report how it ended.
    const forward = () => child.kill('SIGTERM')
    process.on('SIGINT', ignore)
    process.on('SIGTERM', forward)
    const end = (code) => {
      process.off('SIGINT', ignore)
      process.off('SIGTERM', forward)
      resolve(code)
    }
    child.once('error', (error) => {
      console.error(error.message)
      end(1)
    })
    child.once('exit', (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}
