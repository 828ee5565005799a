import { manifestFile, type ModelManifest } from './manifest.ts'
import { isSchema } from './row-schema.ts'
import { columnsOf } from './signature.ts'

const requirements = ['mlflow>=3,<4', 'pandas']
/** For environments that MLflow makes: any Python that it supports will do. */
const python = '3.11'

/** The files by which MLflow's own tools know, show and serve the model. JSON is YAML as well, and always the same text. */
export function mlflowFiles(
  manifest: ModelManifest,
  example: readonly unknown[],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>([
    ['requirements.txt', `${requirements.join('\n')}\n`],
    [
      'python_env.yaml',
      text({ python, build_dependencies: [], dependencies: ['-r requirements.txt'] }),
    ],
    [
      'conda.yaml',
      text({
        channels: ['conda-forge'],
        dependencies: [`python=${python}`, 'pip', { pip: requirements }],
        name: 'mlflow-env',
      }),
    ],
  ])
  const hasExample = example.length > 0
  const inputs = columnsOf(manifest.inputSchema)
  const outputs = columnsOf(manifest.outputSchema)
  if (hasExample) {
    const split = splitOf(example)
    files.set('input_example.json', text(split ?? example))
    files.set(
      'serving_input_example.json',
      text(split === undefined ? { instances: example } : { dataframe_split: split }),
    )
  }
  files.set(
    'MLmodel',
    text({
      flavors: {
        pipewright: { manifest: manifestFile, code: manifest.code },
        python_function: {
          loader_module: 'mlflow.pyfunc.model',
          model_code_path: 'python_model.py',
          python_version: python,
          env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
          streamable: false,
        },
      },
      ...(inputs === undefined
        ? {}
        : {
            signature: {
              inputs: JSON.stringify(inputs),
              outputs: outputs === undefined ? null : JSON.stringify(outputs),
              params: null,
            },
          }),
      ...(hasExample ? { saved_input_example_info: exampleInfo(example) } : {}),
    }),
  )
  return files
}

function exampleInfo(example: readonly unknown[]): Readonly<Record<string, unknown>> {
  const files = {
    artifact_path: 'input_example.json',
    serving_input_path: 'serving_input_example.json',
  }
  return splitOf(example) === undefined
    ? { ...files, type: 'json_object' }
    : { ...files, type: 'dataframe', pandas_orient: 'split' }
}

/** Rows that are objects as columns and data, in MLflow's (pandas') way; undefined when they are not. */
function splitOf(
  rows: readonly unknown[],
):
  | { readonly columns: readonly string[]; readonly data: readonly (readonly unknown[])[] }
  | undefined {
  if (!rows.every(isSchema)) return undefined
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return { columns, data: rows.map((row) => columns.map((column) => row[column] ?? null)) }
}

function text(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
