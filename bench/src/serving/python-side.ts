import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'

import { pythonEnvironment } from '../private-redis.ts'

const ONNX = {
  name: 'ONNX',
  requirements: [
    'mlflow==3.17.2',
    'mlflow-skinny==3.17.2',
    'mlflow-tracing==3.17.2',
    'onnx==1.23.2',
    'onnxruntime==1.32.0',
  ],
  announcement: 'installing MLflow 3.17.2 with ONNX (once, about 700 MB)',
}

/**
 * A network of two layers, trained on the 1,797 handwritten digits that scikit-learn brings along, written as ONNX and saved
 * by MLflow itself with the signature that it infers. The images go to a file of JSON.
 */
const makeModel = `
import json, sys
import mlflow, numpy, onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

folder, images = sys.argv[1:]
x, y = load_digits(return_X_y=True)
x = (x / 16).astype(numpy.float32)
net = MLPClassifier([128], max_iter=40, random_state=1).fit(x, y)
values = {
    name: value.astype(numpy.float32)
    for name, value in zip(["w0", "w1", "b0", "b1"], net.coefs_ + net.intercepts_)
}
graph = helper.make_graph(
    [
        helper.make_node("Gemm", ["pixels", "w0", "b0"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "w1", "b1"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["digit"]),
    ],
    "digits",
    [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["rows", 64])],
    [helper.make_tensor_value_info("digit", TensorProto.FLOAT, ["rows", 10])],
    [numpy_helper.from_array(value, name) for name, value in values.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(model)
mlflow.onnx.save_model(model, folder, signature=mlflow.models.infer_signature(x, net.predict_proba(x).astype(numpy.float32)))
json.dump(x.round(4).tolist(), open(images, "w"))
`

/** The Python environment with MLflow and ONNX, installed where it is not. */
export async function onnxEnvironment(): Promise<string> {
  pythonEnvironment()
  const ours = process.env['PIPEWRIGHT_PYTHON_ENV'] ?? ''
  const environment = `${ours}-onnx`
  process.env['PIPEWRIGHT_PYTHON_ENV'] = environment
  try {
    return await ensurePythonPackage(ONNX, {
      root: environment,
      onProgress: (message) => console.error(message),
    })
  } finally {
    process.env['PIPEWRIGHT_PYTHON_ENV'] = ours
  }
}

/** Trains and saves the model. Returns its folder, and the file with the images. */
export async function makeDigits(
  environment: string,
  parent: string,
): Promise<{ readonly model: string; readonly images: string }> {
  const made = { model: join(parent, 'digits'), images: join(parent, 'images.json') }
  const child = spawn(
    pythonProgram(environment, 'python'),
    ['-W', 'ignore', '-c', makeModel, made.model, made.images],
    { stdio: ['ignore', 2, 2] },
  )
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('The model cannot be made.')
  return made
}
