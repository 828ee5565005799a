import type { Plan, Run } from '@pipewright/engine/client'

import { draw, holdFrame, print } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import { drawingOrder, type DrawnNode } from './drawing-order.ts'
import type { RunSnapshot, RunView } from './run-view.ts'
import { treePicture, type PictureSize } from './tree-picture.ts'

const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'

/**
 * A live picture for terminals. Only the lines of the picture are rewritten, so what was printed before and whatever is
 * printed meanwhile stay in the scroll-back. Written here because a library would want to own the work as well (listr2)
 * or brings a tree of packages for three escape sequences (log-update).
 */
export class TreeView implements RunView {
  #order: readonly DrawnNode[] = []
  #lines: readonly string[] = []
  #shown = 0
  #release: (() => void) | undefined
  readonly #restoreCursor = (): void => draw(showCursor)

  begin(run: Run, plan: Plan): void {
    this.#order = drawingOrder(plan)
    print(paint('dim', `run ${run.id}`))
    draw(hideCursor)
    process.once('exit', this.#restoreCursor)
    this.#release = holdFrame({ hide: () => this.#hide(), show: () => this.#show() })
  }

  update({ run, nodes }: RunSnapshot): void {
    const size = terminalSize()
    const lines = treePicture(run, nodes, this.#order, size)
    if (lines.join('\n') === this.#lines.join('\n')) return
    // One write: a cleared screen in between would flicker.
    const up = this.#shown === 0 ? '' : `\x1b[${this.#shown}A\r`
    draw(`${up}${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`)
    this.#lines = lines
    this.#shown = lines.length
  }

  close(): void {
    if (this.#release === undefined) return
    this.#release()
    this.#release = undefined
    draw(showCursor)
    process.off('exit', this.#restoreCursor)
  }

  #hide(): void {
    if (this.#shown === 0) return
    // Up to the first line of the picture, and clear from there to the end of the screen.
    draw(`\x1b[${this.#shown}A\r\x1b[J`)
    this.#shown = 0
  }

  #show(): void {
    if (this.#lines.length === 0) return
    draw(`${this.#lines.join('\n')}\n`)
    this.#shown = this.#lines.length
  }
}

/** One column is left free: a full line makes some terminals wrap and the picture slip. Some say that they have none. */
function terminalSize(): PictureSize {
  const { columns, rows } = process.stdout
  return { columns: Math.min(100, (columns > 0 ? columns : 80) - 1), rows: rows > 0 ? rows : 24 }
}
