// Entry of a process with the shipped adapter.
import { startAdapter } from '@pipewright/mlflow-adapter'

import { AdapterSetup, type FromAdapter } from './messages.ts'

const { redis, prefix, tracking, experiment, lineage } = AdapterSetup.parse(
  JSON.parse(process.argv[2] ?? ''),
)
const warn = (fields: object, message: string): void => console.error(message, fields)
const adapter = await startAdapter({
  redis,
  prefix,
  tracking: { uri: tracking },
  experiment,
  settings: { lineage: { enabled: lineage } },
  log: { info() {}, warn, error: warn },
})

async function report(): Promise<void> {
  const { calls } = await adapter.status()
  const { user, system } = process.cpuUsage()
  const message: FromAdapter = { calls, micros: user + system }
  process.send?.(message)
}

process.on('message', () => void report())
process.on('disconnect', () => {
  void adapter.stop().finally(() => process.exit(0))
})
await report()
