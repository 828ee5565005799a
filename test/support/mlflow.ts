import { openMlflow } from 'pipewright/embedded'

import { testSetting } from './test-setting.ts'

let opened: Promise<{ uri: string }> | undefined

/**
 * Address of the run's real MLflow, started by the first test that asks. The first answer takes 6 to
 * 25 s (and an install), so give the test's `beforeAll` a long timeout: `MLFLOW_TIMEOUT_MS`.
 * The server is everyone's: use an experiment of your own.
 */
export function mlflow(): Promise<{ uri: string }> {
  const configured = process.env['PIPEWRIGHT_TEST_MLFLOW']
  opened ??=
    configured === undefined
      ? // Never closed here: the global set-up stops the server after the last test.
        openMlflow({ root: testSetting('PIPEWRIGHT_TEST_ROOT') }).ready
      : Promise.resolve({ uri: configured })
  return opened
}

/** Time for a first install and start. */
export const MLFLOW_TIMEOUT_MS = 300_000
