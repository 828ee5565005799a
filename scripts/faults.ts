import { runCommand } from '../test/faults/runner/command.ts'
/**
 * The long fault suite: does the faults of the matrix to real workers, servers and adapters, one row after the other, and
 * writes docs/fault-report.md. Exits with 0 when every row passes.
 */
import { findRows } from '../test/faults/runner/find-rows.ts'
import { help, parseOptions, type FaultOptions } from '../test/faults/runner/options.ts'

const files = await findRows()
let options: FaultOptions | undefined
try {
  options = parseOptions(
    process.argv.slice(2),
    files.map(({ row }) => row),
  )
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`)
  process.exitCode = 2
}
if (options?.help) console.log(help)
// The drivers of servers that were taken away may still hold timers.
else if (options !== undefined) process.exit(await runCommand(options, files))
