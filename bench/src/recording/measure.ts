import type { PrivateRedis } from '../private-redis.ts'
import { measureBesideKedro } from './beside-kedro.ts'
import { measureRate } from './rate.ts'
import { recordingReport, type RecordingResult } from './report.ts'
import { startTrackingServer } from './tracking-server.ts'

/** Measures what recording costs, and the same chain by kedro-mlflow unless `kedro` is false. */
export async function measureRecording(
  redis: PrivateRedis,
  { pairs, kedro }: { readonly pairs: number; readonly kedro: boolean },
): Promise<RecordingResult> {
  const server = await startTrackingServer()
  const interrupt = (): void => void server.stop()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const rate = await measureRate(redis, server, pairs)
    console.error(recordingReport({ rate, besideKedro: undefined }))
    const besideKedro = kedro ? await measureBesideKedro(redis, server, pairs) : undefined
    return { rate, besideKedro }
  } finally {
    await server.stop()
  }
}
