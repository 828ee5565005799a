import { terminal, type Facts } from '../facts.ts'

/** When everything had time to end, everything has. */
export function nothingIsStuck({ history }: Facts): readonly string[] {
  if (!history.drained) return []
  return history.runs
    .filter(({ status }) => !terminal.has(status))
    .map(({ id, status, nodes, records }) => {
      const open = nodes.filter(({ name }) => !records.some(({ node }) => node === name))
      const names = open.slice(0, 3).map(({ name }) => name)
      return `run ${id} is ${status} after the drain; ${open.length} nodes have not ended: ${names.join(', ')}`
    })
}
