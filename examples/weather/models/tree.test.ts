import { DecisionTreeRegression } from 'ml-cart'
import { expect, test } from 'vitest'

import { readSplit } from '../real-days.ts'
import { answers, featureNames, featureVector } from './feature-row.ts'
import { Tree, treeFromLibrary, treeValue } from './tree.ts'

test('a tree taken over from the library gives the values that the library gives', () => {
  const { trainingRows, selectionRows } = readSplit()
  const few = trainingRows.slice(0, 200)
  const library = new DecisionTreeRegression({ maxDepth: 4, minNumSamples: 10 })
  library.train(few.map(featureVector), answers(few))
  const tree = Tree.parse(
    JSON.parse(JSON.stringify(treeFromLibrary(library.toJSON().root, featureNames))),
  )
  expect(selectionRows.map((row) => treeValue(tree, row))).toEqual(
    library.predict(selectionRows.map(featureVector)),
  )
})
