import type { NodeRun, Status } from '@pipewright/engine/client'

import { paint, type Style } from '../terminal/paint.ts'

const marks: Readonly<Record<Status, readonly [mark: string, style: Style]>> = {
  pending: ['○', 'dim'],
  running: ['●', 'cyan'],
  succeeded: ['✔', 'green'],
  failed: ['✖', 'red'],
  cancelled: ['■', 'yellow'],
  skipped: ['↓', 'dim'],
  reused: ['≡', 'green'],
}

/** One sign for a status; the word always stands beside it. */
export function statusMark(status: Status): string {
  const [mark, style] = marks[status]
  return paint(style, mark)
}

/** A status in its colour. */
export function paintStatus(status: Status, text: string = status): string {
  return paint(marks[status][1], text)
}

/** What a node run is doing, in words: `retrying (attempt 2 failed)` is a pending one that has failed before. */
export function statusText(node: NodeRun): string {
  if (node.status === 'pending' && node.attempt > 0) return `retrying after attempt ${node.attempt}`
  if (node.attempt > 1) return `${node.status}, attempt ${node.attempt}`
  return node.status
}
