import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { RunHandle } from '@pipewright/engine/client'
import { describe, expect, it } from 'vitest'

import { testProject, until, type TestProject } from '../support/projects.ts'
import { overlap, seen } from './fixture/pipelines/overlap.ts'

const labels = ['one', 'two', 'three', 'four', 'five', 'six']

/** What the run's last node read from the two datasets that have catalog paths. */
async function seenBy(run: RunHandle): Promise<unknown> {
  return JSON.parse((await run.reference(seen.name))?.inline ?? 'null')
}

function contentOf(label: string): unknown {
  return { latest: `latest of ${label}`, history: `history of ${label}` }
}

async function file(project: TestProject): Promise<string | undefined> {
  return readFile(join(project.root, 'data/latest.txt'), 'utf8').catch(() => undefined)
}

async function made(run: RunHandle): Promise<boolean> {
  return (await run.nodes()).some(({ node, status }) => node === 'make' && status === 'succeeded')
}

describe.concurrent('overlapping runs of one pipeline with different params', () => {
  it('read their own data although a later run has written the catalog paths in between', async (context) => {
    const project = await testProject(context)
    await Promise.all([project.work(), project.work()])
    const early = await project.client.enqueue(overlap, { params: { label: 'early' } })
    await until(
      'the early content to be published',
      async () => (await file(project)) === 'latest of early',
    )
    const late = await project.client.enqueue(overlap, { params: { label: 'late' } })
    await until(
      'the late content to be published',
      async () => (await file(project)) === 'latest of late',
    )

    await project.open('overlap-late')
    expect((await late.wait({ timeout: 20_000 })).status).toBe('succeeded')
    await project.open('overlap-early')
    expect((await early.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(await seenBy(early)).toEqual(contentOf('early'))
    expect(await seenBy(late)).toEqual(contentOf('late'))
    expect(await file(project)).toBe('latest of late')
  })

  it('leave the content of the latest commit, and a version of each', async (context) => {
    const project = await testProject(context)
    await Promise.all([project.work(), project.work()])
    const runs = await Promise.all(
      labels.map(async (label) => project.client.enqueue(overlap, { params: { label } })),
    )
    await until('all to have made their data', async () =>
      (await Promise.all(runs.map(made))).every(Boolean),
    )
    await Promise.all(labels.map(async (label) => project.open(`overlap-${label}`)))
    const ended = await Promise.all(runs.map(async (run) => run.wait({ timeout: 30_000 })))
    expect(ended.map(({ status }) => status)).toEqual(labels.map(() => 'succeeded'))
    expect(await Promise.all(runs.map(seenBy))).toEqual(labels.map(contentOf))

    const commits = (await project.allEvents()).filter(
      (event) => event.type === 'node_finished' && event.node === 'make',
    )
    const last = labels[runs.findIndex(({ id }) => id === commits.at(-1)?.run)]
    expect(await file(project)).toBe(`latest of ${last}`)
    const versions = join(project.root, 'data/history.txt')
    const contents = (await readdir(versions)).map((version) =>
      readFile(join(versions, version, 'history.txt'), 'utf8'),
    )
    expect((await Promise.all(contents)).toSorted()).toEqual(
      labels.map((label) => `history of ${label}`).toSorted(),
    )
  })
})
