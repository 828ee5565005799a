import { NodeError } from '@pipewright/engine'

import type { FunctionPlace, PythonFailure } from './messages.ts'

/** The error of an attempt whose function raised, with Python's traceback as its stack. */
export function pythonError(failure: PythonFailure, place: FunctionPlace): NodeError {
  const error = namedError(failure, place)
  if (failure.traceback !== '') error.stack = failure.traceback
  return error
}

function namedError(failure: PythonFailure, place: FunctionPlace): NodeError {
  const { name, message, retryable } = failure
  const where = `${place.module}.${place.function}`
  switch (failure.code) {
    case 'PYTHON_OUT_OF_MEMORY':
      return new NodeError(
        'PYTHON_OUT_OF_MEMORY',
        `${where} ran out of memory: ${name}: ${message}`,
        {
          hint: 'Work in smaller parts, or give the node a machine with more memory (`resources`).',
          retryable,
        },
      )
    case 'PYTHON_FUNCTION_NOT_FOUND':
      return new NodeError('PYTHON_FUNCTION_NOT_FOUND', message, {
        hint: 'Correct `module`, `function` or `folder` of the pythonNode, or deploy the Python code to this worker.',
      })
    case 'PYTHON_ARGUMENT_UNFIT':
      return new NodeError('PYTHON_ARGUMENT_UNFIT', `${where}: ${message}`, {
        hint: 'Change the annotation of the parameter, or the schema of the dataset.',
        retryable: false,
      })
    case 'PYTHON_OUTPUT_UNFIT':
      return new NodeError('PYTHON_OUTPUT_UNFIT', `${where}: ${message}`, {
        hint: 'Return a dict of exactly the outputs of the node, of plain values, tables, bytes or paths.',
        retryable: false,
      })
    case 'PYTHON_EXCEPTION':
      break
  }
  return new NodeError('PYTHON_EXCEPTION', `${where} raised ${name}: ${message}`, {
    hint: 'The traceback is in the error’s stack. An exception with `retryable = False` is not tried again.',
    retryable,
  })
}
