import { compile, type Plan } from '@pipewright/engine/internal'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { findPipeline } from '../project/find-pipeline.ts'
import { openProject } from '../project/open-project.ts'
import { print, printJson } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import { tableText } from '../terminal/table-text.ts'
import { drawingOrder } from '../view/drawing-order.ts'

type DescribeOptions = ProjectOptions & OutputOptions

/** `pipelines list` */
export async function listPipelines(options: DescribeOptions): Promise<ExitCode> {
  const { project } = await openProject({ env: options.env })
  const plans = project.pipelines.map((pipeline) => compile(pipeline))
  if (options.json === true) {
    for (const { hash, plan } of plans) {
      const { pipeline: name, nodes, inputs, outputs, tags } = plan
      printJson({ type: 'pipeline', name, nodes: nodes.length, inputs, outputs, tags, plan: hash })
    }
    return exitCodes.succeeded
  }
  const head = ['PIPELINE', 'NODES', 'INPUTS', 'OUTPUTS'].map((name) => paint('dim', name))
  const rows = plans.map(({ plan }) => [
    plan.pipeline,
    String(plan.nodes.length),
    plan.inputs.join(', '),
    plan.outputs.join(', '),
  ])
  print(tableText([head, ...rows]))
  return exitCodes.succeeded
}

/** `pipelines describe PIPELINE` */
export async function describePipeline(name: string, options: DescribeOptions): Promise<ExitCode> {
  const opened = await openProject({ env: options.env })
  const { hash, plan } = compile(findPipeline(opened, name))
  if (options.json === true) printJson({ type: 'pipeline', hash, ...plan })
  else print(pipelineText(plan, hash))
  return exitCodes.succeeded
}

function pipelineText(plan: Plan, hash: string): string {
  const facts = [
    ['pipeline', plan.pipeline],
    ['plan', hash.slice(0, 16)],
    ['inputs', plan.inputs.join(', ') || 'none'],
    ['outputs', plan.outputs.join(', ') || 'none'],
  ]
  const params = plan.nodes.flatMap((node) => Object.values(node.params))
  if (params.length > 0) facts.push(['params', [...new Set(params)].join(', ')])
  return `${tableText(facts)}\n\n${tableText([
    ['NODE', 'READS', 'MAKES', 'QUEUE'].map((title) => paint('dim', title)),
    ...drawingOrder(plan).flatMap(({ index, depth }) => nodeRow(plan, index, depth)),
  ])}`
}

function nodeRow(plan: Plan, index: number, depth: number): readonly string[][] {
  const node = plan.nodes[index]
  if (node === undefined) return []
  const [reads, makes] = [node.inputs, node.outputs].map((names) => Object.values(names).join(', '))
  return [['  '.repeat(Math.min(depth, 12)) + node.name, reads ?? '', makes ?? '', node.queue]]
}
