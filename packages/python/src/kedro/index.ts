export { kedroPipelines, type KedroOptions } from './kedro-pipelines.ts'
export { KedroSnapshot, type KedroNode } from './snapshot.ts'
export { takeSnapshot } from './take-snapshot.ts'
