import { chooseFlavor, type Flavor, type ModelFolder } from '../model-folder.ts'
import type { Predictor } from './predictor.ts'
import { openPythonPredictor, type PythonOptions } from './python-predictor.ts'
import { ThreadPredictor, type ThreadOptions } from './thread-predictor.ts'

/** How models are run, whichever flavor they have. */
export interface PredictorOptions extends ThreadOptions {
  /** Undefined: the first that the model has of pipewright, onnx and python_function. */
  readonly flavor?: Flavor | undefined
  /** Folders from which `onnxruntime-node` is looked up. */
  readonly runtimeFrom: readonly string[]
  readonly python: PythonOptions
}

/**
 * Starts what runs a model, and waits until it can answer.
 *
 * @throws UsageError `MODEL_FLAVOR_UNKNOWN`, `MODEL_NOT_LOADED`; InfrastructureError `PYTHON_SERVER_FAILED`
 */
export async function openPredictor(
  folder: ModelFolder,
  options: PredictorOptions,
): Promise<Predictor> {
  const flavor = chooseFlavor(folder, options.flavor)
  if (flavor === 'python_function') return openPythonPredictor(folder, options)
  const { runtimeFrom } = options
  return ThreadPredictor.open({ folder, flavor, runtimeFrom }, options)
}
