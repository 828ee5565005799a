import type { NodeFailure } from '@pipewright/engine/internal'

const longest = 1500
const longestStack = 3500
/** MLflow's page does not break the lines of a block: longer ones would push the rest aside. */
const widest = 84

/** Why a node failed: the error, what to do about it, and with `stack` where it was thrown. */
export function failureText(
  { code, message, hint, stack }: NodeFailure,
  show: { readonly stack: boolean } = { stack: false },
): string {
  const head = [`${code}: ${message}`, ...(hint ? [hint] : [])].join('\n').slice(0, longest)
  const trace = show.stack && stack !== undefined ? framesOf(stack).slice(0, longestStack) : ''
  return `${head}\n${trace}`.trim().split('\n').map(shortened).join('\n')
}

/** The stack without its head, which repeats the message. */
function framesOf(stack: string): string {
  const lines = stack.split('\n')
  const first = lines.findIndex((line) => /^\s+at /.test(line))
  return lines.slice(Math.max(first, 0)).join('\n')
}

/** The place of a frame stands at the end of its line, its function at the beginning. */
function shortened(line: string): string {
  return line.length <= widest ? line : `${line.slice(0, 34)}…${line.slice(-(widest - 35))}`
}
