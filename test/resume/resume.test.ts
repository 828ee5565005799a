import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { jsonLines, testProject, type TestProject } from '../cli/test-project.ts'

const all = Array.from({ length: 10 }, (_, index) => `n${index + 1}`)

/** Runs a command and gives the id of its run, and the nodes of which the body ran. */
async function run(
  project: TestProject,
  ...args: readonly string[]
): Promise<{ readonly id: string; readonly ran: readonly string[] }> {
  await project.write('journal.txt', '')
  const { stdout, stderr } = await project.pipewright(...args, '--no-mlflow', '--json')
  const id = jsonLines(stdout).at(-1)?.['runId']
  if (typeof id !== 'string') throw new Error(stderr)
  const ran = (await project.read('journal.txt')).split('\n').filter((line) => line !== '')
  return { id, ran }
}

/** What `resume --plan` says: the nodes that would run, each with its reasons. */
async function planned(
  project: TestProject,
  id: string,
  ...args: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  const { stdout, stderr, exitCode } = await project.pipewright('resume', id, '--plan', ...args)
  if (exitCode !== 0) throw new Error(stderr)
  const lines = stdout.split('\n').map((line) => /^(n\d+) +run +(.*?) *$/.exec(line))
  return Object.fromEntries(lines.flatMap((found) => (found ? [[found[1], found[2]]] : [])))
}

async function edit(project: TestProject, file: string, old: string, now: string): Promise<void> {
  const text = await project.read(file)
  expect(text).toContain(old)
  await project.write(file, text.replace(old, now))
}

it('keeps what nothing has changed of, runs the rest with the code and params of now, and says so before', async () => {
  const project = await testProject(join(import.meta.dirname, 'project'))
  try {
    const failed = await run(project, 'run', 'ten')
    expect(failed.ran).toEqual(all.slice(0, 7))

    await edit(project, 'nodes/n8.ts', 'passed.sum > 0', 'passed.sum < 0')
    expect(await planned(project, failed.id)).toEqual({
      n8: 'failed before: Error: not yet',
      n9: 'never ran: it was skipped',
      n10: 'never ran: it was skipped',
    })
    const mended = await run(project, 'resume', failed.id)
    expect(mended.ran).toEqual(all.slice(7))

    const gain = ['--params', 'n5.gain=3']
    const changed = await planned(project, mended.id, ...gain)
    expect(Object.keys(changed)).toEqual(all.slice(4))
    expect(changed).toMatchObject({ n5: 'param n5.gain: 1 → 3', n6: 'input d5: made again by n5' })
    const gained = await run(project, 'resume', mended.id, ...gain)
    expect(gained.ran).toEqual(all.slice(4))

    // A param that was given is given again.
    expect(await planned(project, gained.id)).toEqual({})
    await project.write('data/extra.json', '{ "weight": 5 }')
    const weighed = await planned(project, gained.id)
    expect(Object.keys(weighed)).toEqual(all.slice(5))
    expect(weighed['n6']).toMatch(/^input extra/)
    const heavier = await run(project, 'resume', gained.id)
    expect(heavier.ran).toEqual(all.slice(5))

    await edit(project, 'lib/three.ts', 'sum + 3', 'sum + 30')
    const helped = await planned(project, heavier.id)
    expect(Object.keys(helped)).toEqual(all.slice(2))
    expect(helped['n3']).toBe('code: lib/three.ts changed')
    const again = await run(project, 'resume', heavier.id)
    expect(again.ran).toEqual(all.slice(2))

    const folder = join(project.root, '.pipewright', 'store', 'runs', again.id)
    const files = await readdir(folder)
    const lost = files.find((file) => file.endsWith('@d4.json'))
    expect(lost).toBeDefined()
    await rm(join(folder, String(lost)))
    expect(await planned(project, again.id)).toMatchObject({ n4: 'output d4: gone from the store' })
    // What it makes is the same again, byte by byte, so nothing follows on it.
    const remade = await run(project, 'resume', again.id)
    expect(remade.ran).toEqual(['n4'])
  } finally {
    await project.dispose()
  }
})

it('takes results of earlier runs with --reuse, as long as they are not older than asked', async () => {
  const project = await testProject(join(import.meta.dirname, 'project'))
  try {
    await edit(project, 'nodes/n8.ts', 'passed.sum > 0', 'passed.sum < 0')
    const first = await run(project, 'run', 'ten', '--reuse')
    expect(first.ran).toEqual(all)
    const second = await run(project, 'run', 'ten', '--reuse', '--params', 'n5.gain=2')
    expect(second.ran).toEqual(all.slice(4))
    const third = await run(project, 'run', 'ten', '--reuse')
    expect(third.ran).toEqual([])
    const { stdout } = await project.pipewright('runs', 'show', third.id, '--json')
    expect(stdout).toContain(first.id)
    const fourth = await run(project, 'run', 'ten', '--reuse', '--reuse-for', '1ms')
    expect(fourth.ran).toEqual(all)
  } finally {
    await project.dispose()
  }
})

it('refuses to resume a run that has not ended or is not known', async () => {
  const project = await testProject(join(import.meta.dirname, 'project'))
  try {
    const { stdout } = await project.pipewright('enqueue', 'ten')
    const ended = await project.pipewright('resume', stdout.trim())
    expect(ended.exitCode).toBe(2)
    expect(ended.stderr).toContain('RUN_NOT_ENDED')
    const unknown = await project.pipewright('resume', '01M863WRBW66ANHT8B4N1Y55XX')
    expect(unknown.stderr).toContain('RUN_NOT_FOUND')
  } finally {
    await project.dispose()
  }
})
