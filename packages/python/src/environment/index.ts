export { withFileLock } from './file-lock.ts'
export { pause } from './pause.ts'
export { isSameProcess, processIdentity } from './process-identity.ts'
export { findPython } from './python-command.ts'
export {
  ensurePythonPackage,
  pythonEnvironmentPath,
  pythonProgram,
  pythonVariables,
  type PythonEnvironmentOptions,
} from './python-environment.ts'
export { runCommand } from './run-command.ts'
