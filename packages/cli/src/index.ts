export { main } from './command-line.ts'
export { exitCodes, type ExitCode } from './exit-code.ts'
