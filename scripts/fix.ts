import { printResults, runPhases } from './run-phase.ts'

const results = await runPhases([
  { name: 'lint', command: ['oxlint', '--fix'] },
  { name: 'format', command: ['oxfmt'] },
])
printResults(results)
if (results.some(({ exitCode }) => exitCode !== 0)) process.exitCode = 1
