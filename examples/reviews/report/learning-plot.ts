import type { Value } from '@pipewright/engine'
import type { TopLevelSpec } from 'vega-lite'

import type { classifier, learningCurve, sections, vocabulary } from '../datasets.ts'

/** What the plot shows. */
export interface Learnt {
  readonly learningCurve: Value<typeof learningCurve>
  readonly classifier: Value<typeof classifier>
  readonly vocabulary: Value<typeof vocabulary>
  readonly sections: Value<typeof sections>
}

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number]

/** The learning curves and the words that tell most about each section, as SVG text. */
export async function plotLearning(learnt: Learnt): Promise<string> {
  const spec: TopLevelSpec = {
    background: 'white',
    title: "Sections of Node's documentation",
    vconcat: [curvePanel('Loss', learnt), curvePanel('Accuracy', learnt), wordsPanel(learnt)],
    config: { view: { stroke: null }, title: { anchor: 'start', frame: 'group' } },
  }
  // A third of a second to import, and only this node plots.
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

function curvePanel(measure: 'Loss' | 'Accuracy', { learningCurve }: Learnt): Panel {
  const points = learningCurve.flatMap((row) => [
    { epoch: row.epoch, part: 'training', value: row[`training${measure}`] },
    { epoch: row.epoch, part: 'validation', value: row[`validation${measure}`] },
  ])
  return {
    title: `${measure} by epoch`,
    width: 520,
    height: 140,
    data: { values: points },
    mark: { type: 'line' },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', axis: { tickMinStep: 1 } },
      y: { field: 'value', type: 'quantitative', title: null, scale: { zero: false } },
      color: { field: 'part', type: 'nominal', title: null, legend: { orient: 'top' } },
    },
  }
}

function wordsPanel({ classifier, vocabulary, sections }: Learnt): Panel {
  const rows = sections.map((section, k) => ({
    section,
    words: vocabulary
      .map(({ word }, term) => ({ word, weight: classifier.weights[term]?.[k] ?? 0 }))
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, 8)
      .map(({ word }) => word)
      .join(', '),
  }))
  return {
    title: 'Words that speak most for a section',
    width: 520,
    data: { values: rows },
    mark: { type: 'text', align: 'left', dx: 4 },
    encoding: {
      y: { field: 'section', type: 'nominal', title: null, axis: { domain: false, ticks: false } },
      x: { value: 0 },
      text: { field: 'words' },
    },
  }
}
