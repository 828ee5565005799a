import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openMlflow, openRedis, stopEmbeddedMlflow } from 'pipewright/embedded'

let end: (() => Promise<void>) | undefined

/**
 * One real Redis for the whole run, and one real MLflow for those who ask for it (see `mlflow.ts`).
 * Tests find them through the environment; a Redis or MLflow that is set there already is used as it is.
 * `PIPEWRIGHT_TEST_EAGER=1` starts MLflow at once, beside the first tests.
 */
export async function setup(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'pipewright-test-'))
  // Tests that open embedded services themselves must not find those of the developer.
  delete process.env['REDIS_URL']
  delete process.env['MLFLOW_TRACKING_URI']
  const redis = await openRedis({ root })
  process.env['PIPEWRIGHT_TEST_ROOT'] = root
  process.env['PIPEWRIGHT_TEST_REDIS'] ??= redis.url
  const eager = process.env['PIPEWRIGHT_TEST_EAGER'] === '1' ? openMlflow({ root }) : undefined
  end = async () => {
    await eager?.close()
    await stopEmbeddedMlflow(root)
    await redis.close()
    await rm(root, { recursive: true, force: true })
  }
}

export async function teardown(): Promise<void> {
  await end?.()
}
