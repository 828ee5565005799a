import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openMlflow, openRedis, stopEmbeddedMlflow, stopEmbeddedRedis } from 'pipewright/embedded'

const PREFIX = 'pipewright-test-'

let end: (() => Promise<void>) | undefined

/**
 * One real Redis for the whole run, and one real MLflow for those who ask for it (see `mlflow.ts`).
 * Tests find them through the environment; a Redis or MLflow that is set there already is used as it is.
 * `PIPEWRIGHT_TEST_EAGER=1` starts MLflow at once, beside the first tests.
 */
export async function setup(): Promise<void> {
  await sweep()
  const root = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  // Tests that open embedded services themselves must not find those of the developer.
  delete process.env['REDIS_URL']
  delete process.env['MLFLOW_TRACKING_URI']
  const redis = await openRedis({ root })
  process.env['PIPEWRIGHT_TEST_ROOT'] = root
  process.env['PIPEWRIGHT_TEST_REDIS'] ??= redis.url
  const eager = process.env['PIPEWRIGHT_TEST_EAGER'] === '1' ? openMlflow({ root }) : undefined
  end = async () => {
    await eager?.close()
    await remove(root)
  }
}

export async function teardown(): Promise<void> {
  await end?.()
}

/** Embedded servers outlive a run that was interrupted; the next run ends them. */
async function sweep(): Promise<void> {
  const names = await readdir(tmpdir())
  const abandoned = names.filter((name) => {
    const pid = /^pipewright-test-(\d+)-/.exec(name)?.[1]
    return pid !== undefined && !isRunning(Number(pid))
  })
  await Promise.all(abandoned.map((name) => remove(join(tmpdir(), name))))
}

async function remove(root: string): Promise<void> {
  await Promise.all([stopEmbeddedMlflow(root), stopEmbeddedRedis(root)])
  await rm(root, { recursive: true, force: true })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
