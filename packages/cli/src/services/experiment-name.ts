import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import type { OpenedConfig } from '../project/open-project.ts'

/** The MLflow experiment of a project: `mlflow.yml`, else the name in its `package.json`, else of its folder. */
export async function experimentName({
  config,
  root,
}: Pick<OpenedConfig, 'config' | 'root'>): Promise<string> {
  const configured = process.env['MLFLOW_EXPERIMENT_NAME'] || config.mlflow.tracking.experiment.name
  return configured ?? (await packageName(root)) ?? basename(root)
}

async function packageName(root: string): Promise<string | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    if (typeof content !== 'object' || content === null || !('name' in content)) return undefined
    return typeof content.name === 'string' && content.name !== '' ? content.name : undefined
  } catch {
    // A project needs no package.json, and a broken one is npm's to report.
    return undefined
  }
}
