import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it, type TestContext } from 'vitest'

import { testProject, until, type TestProject } from '../support/projects.ts'
import { isAlive } from './is-alive.ts'
import { cancelled, failing, lost, mixed, parquet } from './project/pipewright.config.ts'
import { tablePython } from './table-python.ts'

async function pythonProject(context: TestContext): Promise<TestProject> {
  const project = await testProject(context)
  const config = JSON.stringify(join(import.meta.dirname, 'project', 'pipewright.config.ts'))
  const text = `export { default } from ${config}\n`
  await writeFile(join(project.root, 'pipewright.config.ts'), text)
  return project
}

/** The ids that a function wrote down, once it has. */
async function startedProcesses(path: string): Promise<readonly number[]> {
  const written = (): string | false => existsSync(path) && readFileSync(path, 'utf8')
  const text = await until('the function to begin', () => written() || undefined, 90_000)
  return text.split(' ').map(Number)
}

describe.concurrent('Python nodes on workers', { timeout: 240_000 }, () => {
  it('are nodes like others: data, metrics, log lines, and tracebacks of each attempt', async (context) => {
    const project = await pythonProject(context)
    const catalog = ['rows', 'many', 'doubled'].map(
      (name) => `${name}: { type: parquet, filepath: data/${name}.parquet }\n`,
    )
    const text = [...catalog, 'seen: { type: text, filepath: data/seen.txt }\n'].join('')
    await writeFile(join(project.root, 'conf/base/catalog.yml'), text)
    const worker = await project.work({ env: { TABLE_PYTHON: await tablePython() } })

    const run = await project.client.enqueue(mixed)
    expect((await run.wait({ timeout: 90_000 })).status).toBe('succeeded')
    const events = await project.events(run)
    const fitted = events.find((event) => event.type === 'node_finished' && event.node === 'fit')
    expect(fitted).toMatchObject({ finalMetrics: { wind: 5 }, status: 'succeeded' })
    const lines = worker.log.filter((line) => line.includes('"node":"fit"')).join('\n')
    expect(lines).toContain('"msg":"printed"')
    expect(lines).toContain('"rows":3')

    const failed = await project.client.enqueue(failing)
    expect((await failed.wait({ timeout: 90_000 })).status).toBe('failed')
    const stack = expect.stringMatching(/^Traceback/)
    expect(await failed.nodes()).toMatchObject([
      { attempt: 2, error: { code: 'PYTHON_EXCEPTION', stack } },
    ])

    // A table that is kept as Parquet is read as it lies in the store, and so is a stream.
    const tables = await project.client.enqueue(parquet)
    expect((await tables.wait({ timeout: 90_000 })).status).toBe('succeeded')
    const seen = readFileSync(join(project.root, 'data/seen.txt'), 'utf8')
    expect(seen).toBe('.parquet PAR1 3 1')
    expect(existsSync(join(project.root, 'data/doubled.parquet'))).toBe(true)

    // A cancelled run's processes are ended with all that they have started.
    const path = join(project.root, 'processes')
    const stopped = await project.client.enqueue(cancelled, { params: { hangs: { path } } })
    const started = await startedProcesses(path)
    await stopped.cancel()
    expect((await stopped.wait({ timeout: 90_000 })).status).toBe('cancelled')
    for (const pid of started) await until('its end', () => !isAlive(pid))
  })

  it('of a killed worker are ended, and run once more elsewhere', async (context) => {
    const project = await pythonProject(context)
    const first = await project.work()
    const path = join(project.root, 'processes')
    const run = await project.client.enqueue(lost, { params: { once: { path } } })
    const started = await startedProcesses(path)
    await first.kill()
    for (const pid of started) await until('its end', () => !isAlive(pid))
    await project.work()
    expect((await run.wait({ timeout: 90_000 })).status).toBe('succeeded')
    expect(await run.nodes()).toMatchObject([{ attempt: 2, status: 'succeeded' }])
  })
})
