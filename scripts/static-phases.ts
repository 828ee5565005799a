import type { Phase } from './run-phase.ts'

/** What is checked without running anything. */
export const staticPhases: readonly Phase[] = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'lint', command: ['oxlint'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'unused', command: ['knip'] },
]
