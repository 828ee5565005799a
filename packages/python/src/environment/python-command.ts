import { runCommand } from './run-command.ts'

const CANDIDATES = [
  'python3',
  'python',
  ...['14', '13', '12', '11', '10'].map((m) => `python3.${m}`),
]
const SAY_VERSION = [
  '-c',
  'import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)',
]

/** The path of the first Python 3.10 or newer among these commands, by default the usual ones, or `undefined`. */
export async function findPython(
  commands: readonly string[] = CANDIDATES,
): Promise<string | undefined> {
  for (const command of commands) {
    const { exitCode, output } = await runCommand(command, SAY_VERSION)
    const [, major, minor, executable] = /^(\d+) (\d+) (.+)$/m.exec(output) ?? []
    if (exitCode === 0 && Number(major) === 3 && Number(minor) >= 10) return executable
  }
  return undefined
}

/** The whole version of a Python, such as `3.11.7`; `undefined` when it is none. */
export async function pythonVersion(python: string): Promise<string | undefined> {
  const say = ['-c', 'import platform; print(platform.python_version())']
  const { exitCode, output } = await runCommand(python, say)
  return exitCode === 0 ? output.trim() : undefined
}
