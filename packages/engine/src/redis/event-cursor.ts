import { UsageError } from '../errors.ts'
import { IndexRanges } from './index-ranges.ts'

/** How far a reader of a run's events has come. */
export interface EventCursor {
  /** Id of the last entry of the outbox that was read; undefined for none. */
  readonly position: string | undefined
  /** Nodes whose end was told. */
  readonly finished: IndexRanges
  /** True when the end of the run was told. */
  readonly ended: boolean
}

/** As text: `<position>/<nodes>`, and `/end` after the last event. */
export function writeCursor({ position, finished, ended }: EventCursor): string {
  return `${position ?? ''}/${String(finished)}${ended ? '/end' : ''}`
}

/**
 * True for the cursor of a run's last event: nothing comes after it.
 *
 * @throws UsageError `INVALID_CURSOR`
 */
export function isLastCursor(cursor: string): boolean {
  return readCursor(cursor).ended
}

/** @throws UsageError `INVALID_CURSOR` */
export function readCursor(text: string | undefined): EventCursor {
  if (text === undefined) {
    return { position: undefined, finished: new IndexRanges(), ended: false }
  }
  const match = /^(\d{1,16}-\d{1,16})?\/([\d,-]*)(\/end)?$/.exec(text)
  const finished = IndexRanges.parse(match?.[2] ?? 'none')
  if (match === null || finished === undefined) {
    throw new UsageError('INVALID_CURSOR', `${JSON.stringify(text.slice(0, 100))} is no cursor.`, {
      hint: 'Give back, unchanged, the cursor that the last answer or event brought, or none to start at the beginning.',
    })
  }
  return { position: match[1], finished, ended: match[3] !== undefined }
}
