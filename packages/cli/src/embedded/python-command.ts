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

/** The path of the first Python 3.10 or newer among the usual commands, or `undefined`. */
export async function findPython(): Promise<string | undefined> {
  for (const command of CANDIDATES) {
    const { exitCode, output } = await runCommand(command, SAY_VERSION)
    const [, major, minor, executable] = /^(\d+) (\d+) (.+)$/m.exec(output) ?? []
    if (exitCode === 0 && Number(major) === 3 && Number(minor) >= 10) return executable
  }
  return undefined
}
