import { PipewrightError } from '@pipewright/engine'
import { checkInputs, compile, didYouMean, openProjectStorage } from '@pipewright/engine/internal'

import { messageOf } from '../error-report.ts'
import { exitCodes } from '../exit-code.ts'
import type { OpenedConfig, OpenedProject } from '../project/open-project.ts'
import { datasetStore } from '../project/prepare-run.ts'
import { fail, ok, warn, type Check } from './check.ts'

/** What an error of the project says, as a check that failed. */
export function projectFailure(name: string, error: unknown): Check {
  const known = error instanceof PipewrightError ? error : undefined
  const advice = known?.hint ?? 'Correct the project’s code; --verbose shows more.'
  const code = known === undefined ? '' : ` (${known.code})`
  return fail(name, exitCodes.configuration, `${messageOf(error)}${code}`, advice)
}

/** Each pipeline compiles, and its free inputs are in the catalog with a file. */
export async function checkPipelines(opened: OpenedProject): Promise<readonly Check[]> {
  const { pipelines } = opened.project
  return Promise.all(
    pipelines.map(async (pipeline) => {
      const name = `pipeline ${pipeline.name}`
      try {
        const compiled = compile(pipeline)
        checkInputs(compiled, Object.keys(opened.catalog))
        const { inputs, nodes } = compiled.plan
        const missing = await datasetStore(opened).missing(inputs)
        if (missing.length === 0) {
          return ok(name, `${nodes.length} nodes, ${inputs.length} inputs are there`)
        }
        const listed = missing.map(({ dataset, path }) => `'${dataset}' at ${path}`).join(', ')
        return fail(
          name,
          exitCodes.configuration,
          `inputs without a file: ${listed}`,
          'Put the files there, or correct their filepath in catalog.yml.',
        )
      } catch (error) {
        return projectFailure(name, error)
      }
    }),
  )
}

/** Pipelines that `mlflow.yml` leaves out of the record are there. */
export function checkUnrecorded({ config, project }: OpenedProject): readonly Check[] {
  const known = project.pipelines.map(({ name }) => name)
  return config.mlflow.tracking.disable_tracking.pipelines
    .filter((name) => !known.includes(name))
    .map((name) =>
      warn(
        'mlflow.yml',
        `tracking.disable_tracking.pipelines names "${name}", which is no pipeline of the project`,
        didYouMean(name, known, 'pipelines'),
      ),
    )
}

/** The run's store takes, gives and removes an object. */
export async function checkStore({ config }: Pick<OpenedConfig, 'config'>): Promise<Check> {
  const address = config.pipewright.store.url
  const probe = `probes/doctor-${process.pid}`
  try {
    const storage = openProjectStorage(config)
    await storage.write(probe, Buffer.from('ok'))
    const read = await storage.read(probe)
    await storage.remove(probe)
    if (Buffer.from(read ?? []).toString() === 'ok') return ok('store', storage.url)
    throw new Error('what was written was not there to be read')
  } catch (error) {
    return fail(
      'store',
      exitCodes.infrastructure,
      `${address}: ${messageOf(error)}`,
      'Make it writable for this user, or change store.url or store.credentials of pipewright.yml.',
    )
  }
}
