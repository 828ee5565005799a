import { expect, it } from 'vitest'

import { savedView, viewOf } from './saved-view.ts'

const view = {
  pipeline: 'training',
  promoted: ['f1'],
  others: ['train.loss'],
  params: ['train.epochs', 'seed', 'train.rate'],
}
function columnsOf(text: string | undefined): unknown {
  const { state } = JSON.parse(text ?? '{}') as { state: string }
  return (JSON.parse(state) as { selectedColumns: unknown }).selectedColumns
}

it('the view of a pipeline shows promoted metrics, and shared params before those of one node', () => {
  const made = savedView(view, undefined, 7)
  expect(JSON.parse(made ?? '')).toMatchObject({ name: 'training', createdAt: 7, updatedAt: 7 })
  expect(columnsOf(made)).toEqual([
    'metrics.`f1`',
    'params.`seed`',
    'params.`train.epochs`',
    'params.`train.rate`',
  ])
})

it('where nothing is promoted it shows the metrics of nodes', () => {
  expect(columnsOf(savedView({ ...view, promoted: [] }, undefined, 7))).toContain(
    'metrics.`train.loss`',
  )
})

it('a view that is there stays, unless another metric is promoted', () => {
  const made = savedView(view, undefined, 7)
  expect(savedView(view, made, 8)).toBeUndefined()
  expect(savedView({ ...view, promoted: [] }, made, 8)).toBeUndefined()
  expect(columnsOf(savedView({ ...view, promoted: ['f1', 'auc'] }, made, 8))).toContain(
    'metrics.`auc`',
  )
})

it('a view that somebody changed, or that is something else, stays', () => {
  const changed = JSON.stringify({
    ...JSON.parse(savedView(view, undefined, 7) ?? ''),
    updatedAt: 9,
  })
  expect(savedView({ ...view, promoted: ['auc'] }, changed, 10)).toBeUndefined()
  expect(savedView(view, 'not ours', 10)).toBeUndefined()
})

it('the key of a view is one that MLflow takes', () => {
  expect(viewOf('a=b')).toBe('pipewright-a_b')
})
