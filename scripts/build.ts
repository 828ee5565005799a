import { runPhase } from './run-phase.ts'

process.exitCode = (await runPhase({ name: 'build', command: ['tsc', '-b'] })).exitCode
