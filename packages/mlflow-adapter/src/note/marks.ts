import type { NodeFinished } from '@pipewright/engine/internal'

/** Signs before a status, for those who do not tell its colour. */
export const marks: Readonly<Record<NodeFinished['status'], string>> = {
  succeeded: '✓',
  reused: '✓',
  failed: '✗',
  cancelled: '○',
  skipped: '○',
}
