import { appendFileSync } from 'node:fs'

import { dataset, defineProject, node, pipeline, table, type Hooks } from '@pipewright/engine'
import * as z from 'zod'

const Row = z.object({ day: z.string(), wind: z.number() })
const days = table('days#csv', Row)
const strong = table('north.strong', Row)
const asText = dataset('report@text', z.string())
const asRows = table('report@csv', Row)
const lines = dataset('lines', z.number())

const scoring = pipeline('scoring', [
  node({
    name: 'filter',
    inputs: { days },
    outputs: { strong },
    run: ({ days: rows }) => ({ strong: rows.filter(({ wind }) => wind > 5) }),
  }),
  node({
    name: 'write',
    inputs: { strong },
    outputs: { report: asText },
    run: ({ strong: rows }) => ({
      report: `day,wind\n${rows.map(({ day, wind }) => `${day},${wind}\n`).join('')}`,
    }),
  }),
  node({
    name: 'count',
    inputs: { report: asRows },
    outputs: { lines },
    run: ({ report }) => ({ lines: report.length }),
  }),
])

const again = pipeline('again', [
  node({
    name: 'recount',
    inputs: { strong },
    outputs: { recounted: dataset('recounted', z.number()) },
    run: ({ strong: rows }) => ({ recounted: rows.length }),
  }),
])

/** Writes down which hooks of the project and of pipelines were called. */
const told: Hooks = {
  afterContextCreated: ({ env }) => note(`context ${env}`),
  afterCatalogCreated: ({ datasets }) => note(`catalog ${Object.keys(datasets).length}`),
  beforePipelineRun: ({ pipeline: name }) => note(`before ${name}`),
  afterPipelineRun: ({ pipeline: name }) => note(`after ${name}`),
}

function note(line: string): void {
  const file = process.env['HOOKS_FILE']
  if (file !== undefined) appendFileSync(file, `${line}\n`)
}

export default defineProject({ pipelines: [scoring, again], hooks: [told] })
