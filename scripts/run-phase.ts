import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** One command of a check. */
export interface Phase {
  readonly name: string
  /** Program of `node_modules/.bin` and its arguments. */
  readonly command: readonly [program: string, ...args: string[]]
  readonly env?: NodeJS.ProcessEnv
}

/** How a phase ended and how long it took. */
export interface PhaseResult {
  readonly name: string
  readonly exitCode: number
  readonly seconds: number
}

/** Runs a phase with its output shown. */
export async function runPhase({ name, command, env }: Phase): Promise<PhaseResult> {
  const started = performance.now()
  console.log(`\n== ${name}: ${command.join(' ')}`)
  const [program, ...args] = command
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  const [code]: (number | null)[] = await once(child, 'exit')
  return { name, exitCode: code ?? 1, seconds: (performance.now() - started) / 1000 }
}

/** Runs phases one after the other, all of them whatever fails, so that one run shows all there is to mend. */
export async function runPhases(phases: readonly Phase[]): Promise<PhaseResult[]> {
  const results: PhaseResult[] = []
  for (const phase of phases) results.push(await runPhase(phase))
  return results
}

/** Prints one line a phase: its result, duration and, if given, a note. */
export function printResults(
  results: readonly PhaseResult[],
  notes: Readonly<Record<string, string>> = {},
): void {
  console.log('')
  for (const { name, exitCode, seconds } of results) {
    const verdict = exitCode === 0 ? 'ok    ' : 'FAILED'
    console.log(
      `${verdict} ${name.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  ${notes[name] ?? ''}`.trimEnd(),
    )
  }
}
