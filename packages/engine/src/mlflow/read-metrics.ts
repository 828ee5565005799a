import * as z from 'zod'

import type {
  MlflowHistoryPlace,
  MlflowMetricPlace,
  MlflowMetricsPlace,
} from '../catalog/mlflow-place.ts'
import type { MlflowServer } from './mlflow-server.ts'

/** One recorded value of a metric. */
interface Point {
  readonly value: number
  readonly step: number
  readonly timestamp: number
}

// int64 fields come as numbers from MLflow and as strings from servers that follow protobuf's JSON to the letter.
const Int64 = z.coerce.number()
const Point: z.ZodType<Point> = z.object({
  // NaN and the infinities are text.
  value: z.coerce.number().or(z.literal('NaN').transform(() => Number.NaN)),
  step: Int64.default(0),
  timestamp: Int64.default(0),
})
const History = z.object({
  metrics: z.array(Point).default([]),
  next_page_token: z.string().optional(),
})
const Run = z.object({
  run: z.object({
    data: z.object({ metrics: z.array(z.object({ key: z.string() })).default([]) }),
  }),
})

/** The value of a metric: of the last point, or of the last one at a step. Undefined when there is none. */
export async function readMetric(
  server: MlflowServer,
  run: string,
  key: string,
  { loadStep }: MlflowMetricPlace,
): Promise<number | undefined> {
  const points = await history(server, run, key)
  return points.findLast(({ step }) => loadStep === undefined || step === loadStep)?.value
}

/** All points of a metric, in the shape that the place asks for. Undefined when there are none. */
export async function readHistory(
  server: MlflowServer,
  run: string,
  key: string,
  { shape }: MlflowHistoryPlace,
): Promise<unknown> {
  const points = await history(server, run, key)
  if (points.length === 0) return undefined
  if (shape === 'list') return points.map(({ value }) => value)
  if (shape === 'history') return points
  return Object.fromEntries(points.map(({ step, value }) => [step, value]))
}

/** The metrics under a prefix with all their points, one point as an object and several as a list. */
export async function readMetrics(
  server: MlflowServer,
  run: string,
  { prefix }: MlflowMetricsPlace,
): Promise<unknown> {
  const found = await server.ask('runs/get', { run_id: run }, Run)
  if (found === undefined) return undefined
  const start = prefix === undefined ? '' : `${prefix}.`
  const keys = found.run.data.metrics.map(({ key }) => key).filter((key) => key.startsWith(start))
  const entries = await Promise.all(
    keys.map(async (key) => {
      const points = await history(server, run, key)
      const plain = points.map(({ step, value }) => ({ step, value }))
      // What a node writes under a key comes back under it.
      return [key.slice(start.length), plain.length === 1 ? plain[0] : plain] as const
    }),
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

async function history(server: MlflowServer, run: string, key: string): Promise<readonly Point[]> {
  const points: Point[] = []
  let page = ''
  do {
    const query = { run_id: run, metric_key: key, max_results: '25000' }
    // oxlint-disable-next-line no-await-in-loop -- the token of a page is in the page before
    const found = await server.ask(
      'metrics/get-history',
      page === '' ? query : { ...query, page_token: page },
      History,
    )
    points.push(...(found?.metrics ?? []))
    page = found?.next_page_token ?? ''
  } while (page !== '')
  return points.toSorted((a, b) => a.step - b.step || a.timestamp - b.timestamp)
}
