import { dataset, defineProject, pipeline } from '@pipewright/engine'
import { pythonNode } from '@pipewright/python'
import * as z from 'zod'

const answer = dataset('answer', z.string())
const python = { folder: import.meta.dirname, python: process.env['TABLE_PYTHON'] ?? 'python3' }

const logs = pythonNode({
  name: 'logs',
  ...python,
  module: 'logging_node',
  function: 'logs',
  inputs: {},
  outputs: { answer },
})

export default defineProject({ pipelines: [pipeline('tracking', [logs])] })
