import type { ModelVersion, RunLineage } from '@pipewright/mlflow-adapter'
import { describe, expect, it } from 'vitest'

import { lineageMermaid } from '../view/lineage-mermaid.ts'
import { lineageTree } from '../view/lineage-tree.ts'
import { BothSources } from './both-sources.ts'
import { findTrace } from './find-trace.ts'
import { readSubject } from './subject.ts'

const digest = (text: string): string => text.padEnd(16, '0')

function lineage(
  run: string,
  createdAt: number,
  nodes: readonly (readonly [
    node: string,
    inputs: Readonly<Record<string, string | undefined>>,
    outputs: readonly string[],
  ])[],
): RunLineage {
  return {
    run,
    pipeline: run.split('-')[0] ?? run,
    status: 'succeeded',
    createdAt,
    source: 'ledger',
    tags: { 'mlflow.source.git.commit': 'abcdef0123', 'pipewright.git.dirty': 'true' },
    nodes: nodes.map(([node, inputs, outputs]) => ({
      node,
      status: 'succeeded',
      inputs: Object.entries(inputs).map(([dataset, madeBy]) => ({
        dataset,
        digest: digest(dataset),
        madeBy,
      })),
      outputs: outputs.map((dataset) => ({ dataset, digest: digest(dataset) })),
    })),
  }
}

const etl = lineage('etl-1', 1, [['clean', { raw: undefined }, ['days']]])
const again = lineage('etl-2', 5, [['clean', { raw: undefined }, ['days']]])
const training = lineage('training-1', 3, [
  ['split', { days: undefined }, ['train', 'test']],
  ['fit', { train: 'split' }, ['model']],
  ['evaluate', { model: 'fit', test: 'split' }, ['report']],
])
const version: ModelVersion = {
  name: 'rain',
  version: '3',
  aliases: ['champion'],
  run: 'training-1',
  node: 'fit',
  dataset: 'model',
}

/** A source of runs, newest first, as the ledger and MLflow are. */
function sourceOf(
  runs: readonly RunLineage[],
  versions: readonly ModelVersion[] = [],
): BothSources {
  const where = (fits: (node: RunLineage['nodes'][number]) => boolean): Promise<string[]> =>
    Promise.resolve(runs.filter(({ nodes }) => nodes.some(fits)).map(({ run }) => run))
  const source = {
    run: async (id: string) => runs.find(({ run }) => run === id),
    newestWith: async (dataset: string, begin = '') => {
      const all = await where(({ inputs, outputs }) =>
        [...inputs, ...outputs].some(
          (one) => one.dataset === dataset && one.digest.startsWith(begin),
        ),
      )
      return all[0]
    },
    makersOf: (dataset: string) =>
      where(({ outputs }) => outputs.some((output) => output.dataset === dataset)),
    readersOf: (dataset: string) =>
      where(({ inputs }) =>
        inputs.some((input) => input.dataset === dataset && input.madeBy === undefined),
      ),
  }
  const registry = {
    versionsOf: async (run: string) => versions.filter((one) => one.run === run),
    find: async ({ name }: { readonly name: string }) => versions.find((one) => one.name === name),
  }
  return new BothSources(source, { source, versions: registry }, (error) => {
    throw error
  })
}

async function trace(
  text: string,
  source: BothSources,
  mostRuns = 20,
): Promise<{ readonly tree: string; readonly mermaid: string; readonly isCut: boolean }> {
  const found = await findTrace(source, { subject: readSubject(text), run: undefined, mostRuns })
  return {
    tree: lineageTree(found.start, found.graph),
    mermaid: lineageMermaid(found.start, found.graph),
    isCut: found.isCut,
  }
}

const source = sourceOf([again, training, etl], [version])

describe('the lineage of a dataset', () => {
  it('goes up through the run that made it and the run before, and down to models and readers', async () => {
    const { tree, isCut } = await trace('model', source)
    expect(tree).toBe(
      [
        'model  model00000000000',
        'made from',
        '└─ fit  training training-1  1970-01-01 00:00  git abcdef0+',
        '   └─ train  train00000000000',
        '      └─ split',
        '         └─ days  days000000000000',
        '            └─ clean  etl etl-1  1970-01-01 00:00  git abcdef0+',
        '               └─ raw  raw0000000000000',
        'read by',
        '├─ rain version 3 @champion',
        '└─ evaluate  training training-1  1970-01-01 00:00  git abcdef0+',
        '   └─ report  report0000000000',
      ].join('\n'),
    )
    expect(isCut).toBe(false)
  })

  it('goes down from raw data through every run that read them', async () => {
    const { tree } = await trace('raw@raw', source)
    expect(tree.match(/clean {2}etl etl-[12]/g)).toHaveLength(2)
    expect(tree).toContain('rain version 3 @champion')
    expect(tree).not.toContain('made from')
  })

  it('follows as many runs as it is asked to, and says that there are more', async () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      lineage(`read-${at}`, 100 - at, [['use', { days: undefined }, []]]),
    )
    const { tree, isCut } = await trace('days', sourceOf([...many, etl]), 5)
    expect(tree.match(/use {2}read read-/g)).toHaveLength(4)
    expect(isCut).toBe(true)
  })

  it('is drawn by run', async () => {
    const { mermaid } = await trace('days', source)
    expect(mermaid).toContain('flowchart LR')
    expect(mermaid).toContain('subgraph r0["etl etl-2"]')
    expect(mermaid).toContain('[("days<br/>days0000")]')
    expect(mermaid).toContain('{{"rain 3 @champion"}}')
  })

  it('is found for a chain of thousands of nodes', async () => {
    const chain = lineage(
      'chain-1',
      1,
      Array.from({ length: 5000 }, (_, at) => [
        `n${at}`,
        { [`d${at}`]: at === 0 ? undefined : `n${at - 1}` },
        [`d${at + 1}`],
      ]),
    )
    const found = await findTrace(sourceOf([chain]), {
      subject: readSubject('d2500'),
      run: undefined,
      mostRuns: 20,
    })
    expect(found.graph.vertices).toHaveLength(10_001)
    expect(lineageTree(found.start, found.graph).split('\n').length).toBeLessThan(1100)
  })
})

describe('the lineage of a model', () => {
  it.each(['models:/rain', 'models:/rain/3', 'models:/rain@champion', 'rain'])(
    '%s goes up from the version',
    async (text) => {
      const { tree } = await trace(text, source)
      expect(tree).toMatch(/^rain version 3 @champion\nmade from\n└─ model /)
      expect(tree).toContain('└─ raw')
    },
  )

  it('of a version that somebody else registered is the version alone', async () => {
    const foreign = { ...version, run: undefined, node: undefined, dataset: undefined }
    expect((await trace('models:/rain', sourceOf([], [foreign]))).tree).toBe(
      'rain version 3 @champion',
    )
  })
})

async function fails(): Promise<never> {
  throw new Error('away')
}

describe('what is not known', () => {
  it.each(['nothing', 'days@ffff', 'models:/nothing/1'])('%s is refused', async (text) => {
    await expect(trace(text, source)).rejects.toMatchObject({ code: 'LINEAGE_NOT_FOUND' })
  })

  it('an MLflow that fails is told once, and the ledger answers alone', async () => {
    const problems: unknown[] = []
    const away = { run: fails, newestWith: fails, makersOf: fails, readersOf: fails }
    const ledger = {
      ...away,
      run: async () => etl,
      newestWith: async () => etl.run,
      makersOf: async () => [etl.run],
      readersOf: async () => [],
    }
    const both = new BothSources(
      ledger,
      { source: away, versions: { versionsOf: fails, find: fails } },
      (problem) => problems.push(problem),
    )
    expect((await trace('days', both)).tree).toContain('clean')
    expect(problems).toHaveLength(1)
  })
})
