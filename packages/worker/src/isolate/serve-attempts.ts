import { describeFailure } from '@pipewright/engine/isolate'

import { AttemptServer } from './attempt-server.ts'
import { captureOutput } from './capture-output.ts'
import { reportCrashes } from './crash-report.ts'
import type { IsolateSetup } from './isolate.ts'
import type { FromIsolate, ToIsolate } from './messages.ts'
import { createNodeRunner } from './node-runner.ts'
import { Outbox } from './outbox.ts'

/** What the entry of a thread or process gives. */
export interface ServeOptions {
  readonly setup: IsolateSetup
  readonly send: (batch: readonly FromIsolate[]) => void
  /** Called once, when the project is loaded. */
  readonly listen: (receive: (batch: readonly ToIsolate[]) => void) => void
  /** As in `AttemptServerOptions`. */
  readonly claim: (id: number) => boolean
}

/** The whole life of an isolate: loads the project, says whether it could, and runs what it is given. */
export async function serveAttempts({ setup, send, listen, claim }: ServeOptions): Promise<void> {
  const outbox = new Outbox(send)
  captureOutput(outbox)
  reportCrashes(outbox)
  try {
    const runner = await createNodeRunner(setup)
    const server = new AttemptServer({ runner, outbox, claim })
    listen((batch) => server.receive(batch))
    outbox.push({ type: 'ready' })
  } catch (error) {
    outbox.push({ type: 'refused', failure: describeFailure(error).failure })
  }
  outbox.flush()
}
