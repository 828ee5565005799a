import { UsageError, type Pipeline } from '@pipewright/engine'
import { didYouMean } from '@pipewright/engine/internal'

import type { OpenedProject } from './open-project.ts'

/** The pipeline of this name. @throws UsageError `UNKNOWN_PIPELINE` */
export function findPipeline(
  { project, file }: Pick<OpenedProject, 'project' | 'file'>,
  name: string,
): Pipeline {
  const found = project.pipelines.find((pipeline) => pipeline.name === name)
  if (found !== undefined) return found
  const known = project.pipelines.map((pipeline) => pipeline.name)
  throw new UsageError('UNKNOWN_PIPELINE', `There is no pipeline "${name}" in ${file}.`, {
    hint: didYouMean(name, known, 'pipelines'),
  })
}
