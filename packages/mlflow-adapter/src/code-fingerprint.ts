import { createHash } from 'node:crypto'

import type { Plan } from '@pipewright/engine/internal'

/** A fingerprint of the code of all nodes of a plan: equal for two runs whose functions read the same. 16 hex digits. */
export function codeOf(plan: Plan): string {
  const lines = plan.nodes.map(({ name, fingerprint }) => `${name} ${fingerprint}`).toSorted()
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
}
