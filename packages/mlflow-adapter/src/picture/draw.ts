import type { NodeFinished } from '@pipewright/engine/internal'

import { marks } from '../note/marks.ts'
import { took } from '../note/text.ts'
import { boxHeight, inset, type Layout, type PlacedBox } from './layout.ts'

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
const grey = '#8a8f98'

/** Fill, edge and text of a box. They stand out from a white page and from a black one. */
const colours: Readonly<Record<NodeFinished['status'] | 'pending', readonly [string, string]>> = {
  succeeded: ['#e3f4e7', '#2e7d46'],
  reused: ['#e1eefb', '#2a6db0'],
  failed: ['#fde5e3', '#c0362c'],
  cancelled: ['#eeeeee', '#757575'],
  skipped: ['#f4f4f4', '#9a9a9a'],
  pending: ['#ffffff', '#9a9a9a'],
}

/** MLflow's page has about this room for a description; a wider picture would push the rest aside. */
const widest = 640

/** Draws a pipeline as an SVG: each node with its name, its status as a colour, and how long it took. */
export function draw(layout: Layout, nodes: ReadonlyMap<number, NodeFinished>): string {
  const { left, width, height } = layout
  const scale = Math.min(1, widest / width)
  const size = `width="${round(width * scale)}" height="${round(height * scale)}"`
  const arrows = layout.arrows.map(
    (points) => `<path d="${curve(points)}" marker-end="url(#head)"/>`,
  )
  const boxes = layout.boxes.map((box) => drawBox(box, nodes))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left} 0 ${width} ${height}" ${size} font-family="${font}">`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="${grey}"/></marker></defs>`,
    `<g fill="none" stroke="${grey}" stroke-width="1.2">`,
    ...arrows,
    '</g>',
    ...boxes,
    '</svg>',
  ].join('\n')
}

function drawBox(
  { title, nodes, x, y, width }: PlacedBox,
  ended: ReadonlyMap<number, NodeFinished>,
): string {
  const records = nodes.flatMap((index) => ended.get(index) ?? [])
  const status = worst(records, nodes.length)
  const [fill, line] = colours[status]
  const left = x - width / 2
  const top = y - boxHeight / 2
  const dashes = status === 'skipped' || status === 'pending' ? ' stroke-dasharray="4 3"' : ''
  return [
    `<g><rect x="${round(left)}" y="${round(top)}" width="${width}" height="${boxHeight}" rx="7" fill="${fill}" stroke="${line}" stroke-width="1.3"${dashes}/>`,
    `<text x="${round(left + inset)}" y="${round(top + 18)}" font-size="12" font-weight="600" fill="#1f272d">${escape(title)}</text>`,
    `<text x="${round(left + inset)}" y="${round(top + 33)}" font-size="10.5" fill="${line}">${escape(remark(records, nodes.length, status))}</text></g>`,
  ].join('')
}

/** Of many instances in one box the status that asks for a look. */
function worst(
  records: readonly NodeFinished[],
  nodes: number,
): NodeFinished['status'] | 'pending' {
  const found = new Set(records.map(({ status }) => status))
  for (const status of ['failed', 'cancelled', 'skipped'] as const)
    if (found.has(status)) return status
  if (records.length < nodes) return 'pending'
  return found.has('succeeded') ? 'succeeded' : 'reused'
}

function remark(
  records: readonly NodeFinished[],
  nodes: number,
  status: NodeFinished['status'] | 'pending',
): string {
  if (nodes > 1) {
    const count = records.filter((record) => record.status === status).length
    return count === nodes ? `all ${status}` : `${count} of ${nodes} ${status}`
  }
  const [record] = records
  if (record === undefined || status === 'pending') return status
  if (record.attempt === 0) return `${marks[status]} ${status}`
  const time = took(record.endedAt - record.startedAt)
  const attempts = record.attempt > 1 ? `, attempt ${record.attempt}` : ''
  return `${status === 'succeeded' ? '' : `${marks[status]} `}${time}${attempts}`
}

/** A smooth line through the points of an arrow. */
function curve(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const last = rest.at(-1) ?? first
  const middles = rest.slice(0, -1).map((point, at) => {
    const next = rest[at + 1] ?? point
    const end = at === rest.length - 2 ? last : middle(point, next)
    return `Q${pair(point)} ${pair(end)}`
  })
  return middles.length === 0
    ? `M${pair(first)} L${pair(last)}`
    : `M${pair(first)} ${middles.join(' ')}`
}

function middle(
  a: { readonly x: number; readonly y: number },
  b: { readonly x: number; readonly y: number },
): { readonly x: number; readonly y: number } {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}

function pair({ x, y }: { readonly x: number; readonly y: number }): string {
  return `${round(x)} ${round(y)}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
