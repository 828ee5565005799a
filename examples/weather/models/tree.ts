import * as z from 'zod'

import { featureNames, type FeatureName, type FeatureRow } from './feature-row.ts'

/** A regression tree: a number is a leaf; otherwise rows below the threshold go left. */
export type Tree =
  | number
  | {
      readonly column: FeatureName
      readonly threshold: number
      readonly left: Tree
      readonly right: Tree
    }

export const Tree: z.ZodType<Tree> = z.lazy(() =>
  z.union([
    z.number(),
    z.object({ column: z.enum(featureNames), threshold: z.number(), left: Tree, right: Tree }),
  ]),
)

/** The leaf that a row falls into. */
export function treeValue(tree: Tree, row: FeatureRow): number {
  let at = tree
  while (typeof at !== 'number') at = row[at.column] < at.threshold ? at.left : at.right
  return at
}

interface LibraryNode {
  readonly distribution?: number | undefined
  readonly splitColumn?: number | undefined
  readonly splitValue?: number | undefined
  readonly left?: LibraryNode | undefined
  readonly right?: LibraryNode | undefined
}

const LibraryNode: z.ZodType<LibraryNode> = z.lazy(() =>
  z.object({
    distribution: z.number().optional(),
    splitColumn: z.int().optional(),
    splitValue: z.number().optional(),
    left: LibraryNode.optional(),
    right: LibraryNode.optional(),
  }),
)

/**
 * Takes over a tree that ml-cart grew, so that a saved model is plain JSON with names of columns, a sixth of the size of
 * the library's own, and needs no library to be served.
 *
 * @param columns Names of the columns that the tree was given, in their order.
 */
export function treeFromLibrary(root: unknown, columns: readonly FeatureName[]): Tree {
  return convert(LibraryNode.parse(root), columns)
}

function convert(node: LibraryNode, columns: readonly FeatureName[]): Tree {
  if (node.left === undefined || node.right === undefined)
    return z.number().parse(node.distribution)
  return {
    column: z.enum(featureNames).parse(columns[node.splitColumn ?? -1]),
    threshold: z.number().parse(node.splitValue),
    left: convert(node.left, columns),
    right: convert(node.right, columns),
  }
}
