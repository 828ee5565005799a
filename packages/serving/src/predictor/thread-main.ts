import { parentPort, workerData } from 'node:worker_threads'

import { PipewrightError } from '@pipewright/engine'

import { answerRequest } from '../scorer/answer-request.ts'
import type { Scorer } from '../scorer/scorer.ts'
import type { FromThread, ThreadData, ToThread } from './messages.ts'

if (parentPort === null) throw new Error('This file is the entry of a worker thread.')
const port = parentPort
// Set by `startSeat`, the only one that starts this file.
const data = workerData as ThreadData

function send(message: FromThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

async function openScorer(): Promise<Scorer> {
  if (data.flavor === 'onnx') {
    const { openOnnxScorer } = await import('../scorer/onnx-scorer.ts')
    return openOnnxScorer(data.folder, data.runtimeFrom)
  }
  const { openPipewrightScorer } = await import('../scorer/pipewright-scorer.ts')
  return openPipewrightScorer(data.folder.path)
}

async function serve(scorer: Scorer, message: ToThread): Promise<void> {
  if (message.kind === 'close') {
    await scorer.close()
    port.close()
    return
  }
  const answer = await answerRequest(scorer, message.request)
  // Encoded here and handed over, so that the accepting thread neither parses nor copies it.
  send({ kind: 'answer', id: message.id, answer }, [answer.body.buffer as ArrayBuffer])
}

try {
  const scorer = await openScorer()
  port.on('message', (message: ToThread) => void serve(scorer, message))
  send({ kind: 'ready' })
} catch (error) {
  const known = error instanceof PipewrightError ? error : undefined
  send({
    kind: 'unusable',
    code: known?.code,
    message: error instanceof Error ? error.message : String(error),
    hint: known?.hint,
  })
}
