import type { Fault } from '../../../adapter/faulty-proxy.ts'

/** How MLflow answers wrongly, by name. Only `cut`, `truncated` and `slow` carry the request out. */
export const wrongAnswers: Readonly<Record<string, Fault>> = {
  slow: { late: 300 },
  'error 500': { status: 500, body: '{"error_code":"INTERNAL_ERROR","message":"oops"}' },
  'error 429': { status: 429, body: 'slow down', headers: { 'retry-after': '1' } },
  hang: 'hang',
  truncated: 'truncate',
  cut: 'cut',
}
