import { CommanderError } from 'commander'

import { exitCodes } from './exit-code.ts'
import { buildProgram } from './program.ts'

/**
 * Runs one command line and returns the exit code for the process.
 *
 * @param argv Without node and script: `['run', 'training']`.
 *
 * @example
 * process.exitCode = await main(['runs', 'list', '--json'])
 */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.succeeded
  const program = await buildProgram(argv, (code) => {
    exitCode = code
  })
  try {
    if (argv.length === 0) program.help()
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are thrown as well; their exit code is 0. Anything else was refused while parsing.
      return error.exitCode === 0 ? exitCodes.succeeded : exitCodes.usage
    }
    const { reportError } = await import('./error-report.ts')
    return reportError(error, {
      verbose: argv.includes('--verbose'),
      json: argv.includes('--json'),
    })
  }
}
