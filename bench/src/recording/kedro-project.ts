import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'

import { pythonEnvironment } from '../private-redis.ts'

const requirements = [
  'kedro==1.7.0',
  'kedro-datasets==9.6.0',
  'kedro-mlflow==2.0.3',
  'mlflow==3.17.2',
  'mlflow-skinny==3.17.2',
  'mlflow-tracing==3.17.2',
]
const KEDRO = {
  name: 'Kedro',
  requirements,
  announcement: 'installing Kedro 1.7.0 and kedro-mlflow 2.0.3 (once, about 700 MB)',
}

/** A Kedro project with the pipelines `chain` (100 nodes in a row with one metric each) and `single` (one node). */
export interface KedroProject {
  readonly root: string
  /** Path of the `kedro` command. */
  readonly command: string
  remove(): Promise<void>
}

/** Installs Kedro beside the environment of this repository, where that is not done, and writes the project. */
export async function openKedroProject(experiment: string): Promise<KedroProject> {
  const environment = await kedroEnvironment()
  const root = await mkdtemp(join(tmpdir(), 'pipewright-bench-kedro-'))
  for (const [path, text] of Object.entries(files(experiment))) {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return {
    root,
    command: pythonProgram(environment, 'kedro'),
    remove: async () => rm(root, { recursive: true, force: true }),
  }
}

async function kedroEnvironment(): Promise<string> {
  pythonEnvironment()
  const ours = process.env['PIPEWRIGHT_PYTHON_ENV'] ?? ''
  const kedro = `${ours}-kedro`
  // Kedro pins what MLflow's server does not want pinned, so they do not share one.
  process.env['PIPEWRIGHT_PYTHON_ENV'] = kedro
  try {
    return await ensurePythonPackage(KEDRO, {
      root: kedro,
      onProgress: (message) => console.error(message),
    })
  } finally {
    process.env['PIPEWRIGHT_PYTHON_ENV'] = ours
  }
}

const nodes = 100

function files(experiment: string): Readonly<Record<string, string>> {
  const metrics = Array.from(
    { length: nodes },
    (_, index) =>
      `m${index}: { type: kedro_mlflow.io.metrics.MlflowMetricDataset, key: m${index} }`,
  )
  return {
    'pyproject.toml': `[tool.kedro]
package_name = "chain"
project_name = "chain"
kedro_init_version = "1.7.0"
source_dir = "src"
`,
    'conf/base/catalog.yml': `${metrics.join('\n')}\n`,
    'conf/base/parameters.yml': '',
    'conf/base/mlflow.yml': `tracking: { experiment: { name: ${experiment} } }\n`,
    'conf/local/credentials.yml': '',
    'src/chain/__init__.py': '',
    'src/chain/settings.py': '',
    'src/chain/pipeline_registry.py': `from kedro.pipeline import node, pipeline


def body(index):
    def run(*inputs):
        return {"index": index, "label": "a small dataset"}, float(index)

    return run


def chain(length):
    return pipeline(
        [
            node(
                body(index),
                inputs=f"d{index - 1}" if index else None,
                outputs=[f"d{index}", f"m{index}"],
                name=f"n{index}",
            )
            for index in range(length)
        ]
    )


def register_pipelines():
    return {"__default__": chain(1), "chain": chain(${nodes}), "single": chain(1)}
`,
  }
}
