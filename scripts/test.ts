import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type PhaseResult, printResults, runPhase, runPhases } from './run-phase.ts'
import { staticPhases } from './static-phases.ts'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly unknown[]
  }[]
}

const started = performance.now()
const directory = await mkdtemp(join(tmpdir(), 'pipewright-report-'))
const reportFile = join(directory, 'report.json')
try {
  const checks = await runPhases(staticPhases)
  const tests = await runPhase({
    name: 'tests',
    command: [
      'vitest',
      'run',
      '--project=unit',
      '--project=system',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...process.argv.slice(2),
    ],
    env: { PIPEWRIGHT_TEST_EAGER: '1' },
  })
  const counts = await countTests(tests)
  const failedChecks = checks.filter(({ exitCode }) => exitCode !== 0).length
  printResults([...checks, tests], {
    tests: `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
  })
  console.log(`total  ${((performance.now() - started) / 1000).toFixed(1)} s`)
  console.log(
    `${counts.passed + checks.length - failedChecks} passed, ${counts.failed + failedChecks} failed`,
  )
  if (counts.failed + failedChecks > 0) process.exitCode = 1
} finally {
  await rm(directory, { recursive: true, force: true })
}

async function countTests({ exitCode }: PhaseResult): Promise<Counts> {
  const counts = await readCounts()
  // An error outside every test (a file that does not load, an unhandled rejection) has no test to its name.
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

async function readCounts(): Promise<Counts> {
  try {
    // Written by the vitest that ran just now.
    const report = JSON.parse(await readFile(reportFile, 'utf8')) as Report
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    )
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded.length,
      skipped: report.numPendingTests,
    }
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}
