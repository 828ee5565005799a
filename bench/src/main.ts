import { compare } from './compare.ts'
import { measureDatasets } from './datasets/measure.ts'
import { datasetsReport } from './datasets/report.ts'
import { durabilityReport, measureDurability } from './durability.ts'
import { countInstructions, instructionsReport } from './instructions.ts'
import { machine } from './machine.ts'
import { help, parseOptions, type Options } from './options.ts'
import { measureParts, partsReport } from './parts/report.ts'
import { startPrivateRedis, type PrivateRedis } from './private-redis.ts'
import { measureRecording } from './recording/measure.ts'
import { recordingReport } from './recording/report.ts'
import { report } from './report.ts'
import { redisRatios, rowsOf } from './row.ts'
import { measureScale, scaleReport } from './scale/measure.ts'
import { measureServing } from './serving/measure.ts'
import { servingReport } from './serving/report.ts'

async function withServer<T>(measure: (server: PrivateRedis) => Promise<T>): Promise<T> {
  const server = await startPrivateRedis()
  const interrupt = (): void => void server.stop().finally(() => process.exit(130))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    print(await machine(server.redis))
    return await measure(server)
  } finally {
    await server.stop()
  }
}

function print(text: string): void {
  if (options.json) console.error(text)
  else console.log(text)
}

/** The report for people, and the object for `--json`. */
async function measure(): Promise<readonly [text: string, result: object]> {
  if (options.mode === 'instructions') {
    const rows = await countInstructions(options.shapes)
    return [instructionsReport(rows), { rows }]
  }
  if (options.mode === 'durability') {
    const rows = await measureDurability(options.pairs, print)
    return [durabilityReport(rows, options.pairs), { rows }]
  }
  if (options.mode === 'parts') {
    const parts = await withServer(measureParts)
    return [partsReport(parts), parts]
  }
  if (options.mode === 'recording') {
    const result = await withServer(async (server) => measureRecording(server, options))
    return [recordingReport(result), result]
  }
  if (options.mode === 'datasets') {
    const result = await measureDatasets(options.pairs)
    return [datasetsReport(result), result]
  }
  if (options.mode === 'scale') {
    const figures = await withServer(async (server) => measureScale(server, options.pairs))
    return [scaleReport(figures), { figures }]
  }
  if (options.mode === 'serving') {
    const result = await measureServing(options.pairs)
    return [servingReport(result), result]
  }
  const series = await withServer(async (server) => compare(server, options))
  const rows = rowsOf(series)
  const text = report(rows, redisRatios(series))
  return [`Medians of ${options.pairs} interleaved pairs; times per node.\n\n${text}`, { rows }]
}

let options: Options
try {
  options = parseOptions(process.argv.slice(2))
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`)
  process.exit(2)
}
if (options.help) {
  console.log(help)
  process.exit(0)
}
const started = performance.now()
const [text, result] = await measure()
print(`\n${text}\n\n${((performance.now() - started) / 1000).toFixed(0)} s`)
if (options.json) console.log(JSON.stringify(result))
process.exit(0)
