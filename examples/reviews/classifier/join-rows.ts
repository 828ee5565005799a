import { FatalNodeError } from '@pipewright/engine'

/**
 * The rows of two tables that tell of the same texts, side by side.
 *
 * @throws FatalNodeError when one has more rows: they are not of one run of the ETL, and every answer would be another
 * text's.
 */
export function joinRows<A extends object, B extends object>(
  left: readonly A[],
  right: readonly B[],
): (A & B)[] {
  if (left.length !== right.length) {
    throw new FatalNodeError(
      `There are ${left.length} texts and ${right.length} labels. Run the etl pipeline again: it makes both.`,
    )
  }
  // Of the same length, as was just checked.
  return left.map((row, index) => ({ ...row, ...(right[index] as B) }))
}
