import { printResults, runPhases } from './run-phase.ts'
import { staticPhases } from './static-phases.ts'

const results = await runPhases(staticPhases)
printResults(results)
if (results.some(({ exitCode }) => exitCode !== 0)) process.exitCode = 1
