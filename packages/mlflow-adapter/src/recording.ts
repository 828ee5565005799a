import type { LedgerReader, Plan, RecordedRuns, RunHeader } from '@pipewright/engine/internal'

import type { ArtifactStore } from './artifacts/artifact-store.ts'
import type { ReadStream } from './artifacts/source.ts'
import type { AttemptIndex } from './attempt-index.ts'
import type { DatasetTurns } from './lineage/dataset-turns.ts'
import type { Links } from './links.ts'
import type { AdapterLog } from './log.ts'
import type { MlflowRecord } from './mlflow-record.ts'
import type { ModelRecorder } from './registry/model-recorder.ts'
import type { AdapterSettings } from './settings.ts'
import type { Tracking } from './tracking.ts'

/** Reads an object of the runs' store; undefined when it is not there. */
export type ReadStore = (uri: string) => Promise<Uint8Array | undefined>

/** What recording needs, the same for all runs. */
export interface RecordingContext {
  readonly tracking: Tracking
  readonly ledger: Pick<LedgerReader, 'run' | 'plan' | 'nodes' | 'data' | 'running'>
  readonly recorded: Pick<RecordedRuns, 'all' | 'save' | 'remove' | 'lapse'>
  readonly settings: AdapterSettings
  readonly links: Links
  readonly readStore: ReadStore
  /** The same, piece by piece. */
  readonly readStream: ReadStream
  readonly artifacts: ArtifactStore
  /** Address of the runs' store, for the sources of datasets; undefined when it is not known. */
  readonly storeUrl: string | undefined
  readonly datasetTurns: DatasetTurns
  readonly models: ModelRecorder
  readonly log: AdapterLog
  /** True while this process may still write. */
  readonly active: () => boolean
  /** True while calls of the process that recorded before may still be carried out. */
  readonly isTakenOver: () => boolean
  /** Metrics of a running node are sent so often, in ms. */
  readonly metricsInterval: number
}

/** A run of ours while it is being recorded. What is known here is what MLflow holds, and it is asked only once. */
export interface RunRecording {
  readonly header: RunHeader
  readonly plan: Plan | undefined
  readonly experiment: string
  readonly parent: MlflowRecord
  readonly attempts: AttemptIndex
  /** Whether mapped nodes have runs of their own, or, when there are too many, rows of a table. */
  readonly mapped: 'runs' | 'table'
  /** Keys of attempts that have runs of their own although their nodes are rows of the table. */
  readonly shown: Set<string>
  /** Keys of attempts whose end MLflow refused: it is not asked again. */
  readonly refused: Set<string>
  /** A creation may have been carried out twice, so look for doubles at the end. */
  doubtful: boolean
}
