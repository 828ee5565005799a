import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { starts, testProject } from '../support/projects.ts'
import { publication } from './fixture/pipelines/publication.ts'

const hook = new URL('./fixture/die-at-rename.ts', import.meta.url).href

describe('a kill between commit and publication', () => {
  it('loses nothing: another worker publishes, and only then has the run ended', async (context) => {
    const project = await testProject(context)
    const path = join(project.root, 'data/published.json')
    const victim = await project.work({
      name: 'victim',
      execArgv: [`--import=${hook}`],
      env: { PIPEWRIGHT_TEST_DIE_AT: path },
    })
    const run = await project.client.enqueue(publication)
    expect(await victim.ended).toEqual({ code: null, signal: 'SIGKILL' })

    // The commit stands, the file is not there, and the run waits for it.
    expect((await run.nodes()).map(({ status }) => status)).toEqual(['succeeded'])
    expect(
      (await readdir(join(project.root, 'data'))).filter((name) => !name.endsWith('.staged')),
    ).toEqual([])
    expect((await run.get()).status).toBe('running')

    await project.work({ name: 'successor' })
    expect((await run.wait({ timeout: 50_000 })).status).toBe('succeeded')
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ rows: { length: 5000 } })
    expect(starts(await project.journal(run)), 'the body ran once').toEqual({ publish: 1 })
  })
})
