import { MlflowError } from './failure.ts'

/** Another client wrote the same row at the same moment; the next call finds it there. */
const conflict = /IntegrityError|UNIQUE constraint|[Dd]uplicate/
const mostConflicts = 3

/** Repeats a call that another client was faster with. */
export async function withoutConflict(call: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      // oxlint-disable-next-line no-await-in-loop -- each try follows the one before
      await call()
      return
    } catch (error) {
      const raced = error instanceof MlflowError && conflict.test(error.message)
      if (!raced || tries >= mostConflicts) throw error
    }
}
