import { createInterface } from 'node:readline'

import * as z from 'zod'

import { PipewrightError } from '../errors.ts'
import type { Model } from './model.ts'

const Request = z.object({ id: z.number(), rows: z.array(z.unknown()) })

/**
 * Answers requests on standard input, a line of JSON each (`{"id":1,"rows":[…]}`), with lines on standard output:
 * `{"id":1,"predictions":[…]}` or `{"id":1,"error":{"code":…,"message":…,"hint":…}}`. The first line, with the id 0, says
 * that the model is loaded. What nodes print goes to standard error.
 */
export async function serveLines(open: () => Promise<Model>): Promise<void> {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr)
  const answer = (value: unknown): void => void write(`${JSON.stringify(value)}\n`)
  const model = await open()
  answer({ id: 0, predictions: [] })
  const underWay = new Set<Promise<void>>()
  for await (const line of createInterface({ input: process.stdin })) {
    const done = reply(model, line, answer).finally(() => underWay.delete(done))
    underWay.add(done)
  }
  await Promise.all(underWay)
  await model.close()
}

async function reply(model: Model, line: string, answer: (value: unknown) => void): Promise<void> {
  let id: number | null = null
  try {
    const request = Request.parse(JSON.parse(line))
    id = request.id
    answer({ id, predictions: await model.predict(request.rows) })
  } catch (error) {
    answer({ id, error: described(error) })
  }
}

function described(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof PipewrightError)
    return { code: error.code, message: error.message, hint: error.hint }
  return {
    code: 'PREDICTION_FAILED',
    message: error instanceof Error ? error.message : String(error),
  }
}
