import { describe, expect, it } from 'vitest'

import { node, type AnyNode } from './node.ts'
import { pipeline } from './pipeline.ts'
import { defineProject } from './project.ts'

const make = (name: string): AnyNode => node({ name, inputs: {}, outputs: {}, run() {} })
const clean = make('clean')
const train = make('train')
const evaluate = make('evaluate')

describe('pipeline', () => {
  it('joins nodes and pipelines; a node given twice counts once', () => {
    const left = pipeline('left', [clean, train], { metrics: ['train.loss'] })
    const right = pipeline('right', [train, evaluate], { metrics: ['evaluate.f1', 'train.loss'] })
    const union = pipeline('union', [left, right, clean], {
      metrics: ['clean.rows'],
      tags: { team: 'wind' },
    })
    expect(union.nodes).toEqual([clean, train, evaluate])
    expect(union.metrics).toEqual(['clean.rows', 'train.loss', 'evaluate.f1'])
    expect(union.tags).toEqual({ team: 'wind' })
    expect(Object.isFrozen(union) && Object.isFrozen(union.nodes)).toBe(true)
  })

  it('refuses two different nodes of one name', () => {
    expect(() => pipeline('p', [clean, make('clean')])).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_NODE',
        message: 'Pipeline "p" has two different nodes named "clean".',
      }),
    )
    expect(() => pipeline('a b', [])).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  })
})

describe('defineProject', () => {
  it('is frozen and has no hooks by default', () => {
    const project = defineProject({ pipelines: [pipeline('p', [clean])] })
    expect(project).toMatchObject({ pipelines: [{ name: 'p' }], hooks: [] })
    expect(Object.isFrozen(project) && Object.isFrozen(project.pipelines)).toBe(true)
  })
})
