import { node } from '@pipewright/engine'
import * as z from 'zod'

import { entries, instances, labels } from '../datasets.ts'
import { seed } from '../params.ts'
import { partOf } from '../text/part.ts'

export const createInstances = node({
  name: 'create_instances',
  inputs: { entries },
  outputs: { instances },
  retries: 2,
  timeout: '1m',
  run({ entries }, { metric }) {
    metric('instances', entries.length)
    return { instances: entries.map(({ text }) => ({ text })) }
  },
})

const Share = z.number().min(0).max(0.5)

export const createLabels = node({
  name: 'create_labels',
  inputs: { entries },
  outputs: { labels },
  params: { validationShare: Share.default(0.15), testShare: Share.default(0.2), seed },
  retries: 2,
  timeout: '1m',
  run({ entries }, { params, metric }) {
    const labels = entries.map(({ section, name }) => ({
      section,
      part: partOf(name, params.seed, params),
    }))
    for (const name of ['training', 'validation', 'test'] as const) {
      metric(name, labels.filter(({ part }) => part === name).length)
    }
    return { labels }
  },
})
