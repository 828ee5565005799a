import { node } from '@pipewright/engine'

import { modelCard, verdict, type Verdict } from '../datasets.ts'

/** The model card, in Markdown. */
export const report = node({
  name: 'report',
  inputs: { verdict },
  outputs: { modelCard },
  run: ({ verdict }) => ({ modelCard: cardOf(verdict) }),
})

function cardOf({ images, accuracy, baseline, largestDifference, confusion }: Verdict): string {
  const digits = [...confusion.keys()]
  return `# Handwritten digits

A logistic regression of scikit-learn, in ONNX. On ${images} images that it was not trained on:

| | accuracy |
|---|---:|
| model | ${percent(accuracy)} |
| always the most frequent digit | ${percent(baseline)} |

onnxruntime in Node and scikit-learn in Python differ by at most ${largestDifference.toExponential(1)} in any probability.

What each image shows (rows), and what it was taken for (columns):

| | ${digits.join(' | ')} |
|---|${digits.map(() => '---:').join('|')}|
${confusion.map((row, digit) => `| **${digit}** | ${row.map((count) => count || '').join(' | ')} |`).join('\n')}
`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
