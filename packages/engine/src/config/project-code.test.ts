import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import { findProject } from './find-project.ts'
import { loadProject } from './load-project.ts'
import { readProjectCode, type ProjectCode } from './project-code.ts'

const engine = pathToFileURL(join(import.meta.dirname, '..', 'index.ts')).href

/** A project with two nodes in modules of their own, which share one that imports another. */
const sources = {
  'pipewright.config.ts': `
    import { defineProject, pipeline } from '${engine}'
    import { clean } from './nodes/clean.ts'
    import { train, perCity } from './nodes/train.ts'
    export default defineProject({ pipelines: [pipeline('training', [clean, train, ...perCity])] })
  `,
  'nodes/clean.ts': `
    import { node } from '${engine}'
    export const clean = node({ name: 'clean', inputs: {}, outputs: {}, run() {} })
  `,
  'nodes/train.ts': `
    import { node } from '${engine}'
    import { fit } from '../lib/fit.ts'
    import { forCity } from '../lib/factory.ts'
    import type { Days } from '../lib/days.ts'
    export const train = node({ name: 'train', inputs: {}, outputs: {}, run() { fit() } })
    export const perCity = ['oslo', 'bergen'].map(forCity)
  `,
  'lib/fit.ts': `
    import weights from './weights.json' with { type: 'json' }
    import { scale } from './deep/scale.ts'
    export const fit = () => scale(weights)
  `,
  'lib/deep/scale.ts': `import '../fit.ts'\nexport const scale = (x) => x`,
  'lib/weights.json': '[1, 2]',
  'lib/days.ts': 'export interface Days {}',
  'lib/factory.ts': `
    import { node } from '${engine}'
    export const forCity = (city) => node({ name: city, inputs: {}, outputs: {}, run() {} })
  `,
  'README.md': 'No code.',
}

async function project(files: Readonly<Record<string, string>> = sources): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'pipewright-code-')))
  onTestFinished(async () => rm(root, { recursive: true, force: true }))
  await write(root, files)
  return root
}

async function write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

async function codeOf(root: string): Promise<ProjectCode> {
  const { pipelines } = await loadProject(await findProject(root))
  return readProjectCode(pipelines, root)
}

function filesOf(code: ProjectCode, node: string): readonly string[] {
  return Object.keys(code.of('training', node)?.files ?? {})
}

function fingerprintOf(code: ProjectCode, node: string): string | undefined {
  return code.of('training', node)?.fingerprint
}

describe('the code of a node', () => {
  it('is its module with all that this imports, but for types and packages', async () => {
    const code = await codeOf(await project())
    expect(filesOf(code, 'clean')).toEqual(['nodes/clean.ts'])
    expect(filesOf(code, 'train')).toEqual([
      'lib/deep/scale.ts',
      'lib/factory.ts',
      'lib/fit.ts',
      'lib/weights.json',
      'nodes/train.ts',
    ])
  })

  it('of a factory is that of the factory and of the modules that call it', async () => {
    const code = await codeOf(await project())
    expect(filesOf(code, 'oslo')).toEqual(filesOf(code, 'train'))
    expect(code.of('training', 'oslo')?.fingerprint).not.toBe(
      code.of('training', 'bergen')?.fingerprint,
    )
  })

  it('is the same in another folder, and changes with any file of it alone', async () => {
    const [here, there, changed] = await Promise.all([
      project(),
      project(),
      project({ ...sources, 'lib/deep/scale.ts': 'export const scale = (x) => 2 * x' }),
    ])
    const code = await codeOf(here)
    const same = await codeOf(there)
    const other = await codeOf(changed)
    expect(same.fingerprint).toBe(code.fingerprint)
    expect(fingerprintOf(same, 'train')).toBe(fingerprintOf(code, 'train'))
    expect(fingerprintOf(other, 'clean')).toBe(fingerprintOf(code, 'clean'))
    expect(fingerprintOf(other, 'train')).not.toBe(fingerprintOf(code, 'train'))
    expect(other.fingerprint).not.toBe(code.fingerprint)
    expect(code.of('training', 'nobody')).toBeUndefined()
  })

  it('has linked packages in it, and no installed ones', async () => {
    const root = await project({
      ...sources,
      'nodes/clean.ts': `import '@acme/features'\nimport 'zod'\n${sources['nodes/clean.ts']}`,
      'packages/features/package.json':
        '{"name":"@acme/features","type":"module","main":"index.js"}',
      'packages/features/index.js': 'export {}',
      'node_modules/zod/package.json': '{"name":"zod","type":"module","main":"index.js"}',
      'node_modules/zod/index.js': 'export {}',
    })
    await mkdir(join(root, 'node_modules', '@acme'), { recursive: true })
    await symlink(
      join(root, 'packages', 'features'),
      join(root, 'node_modules', '@acme', 'features'),
    )
    expect(filesOf(await codeOf(root), 'clean')).toEqual([
      'nodes/clean.ts',
      'packages/features/index.js',
      'packages/features/package.json',
    ])
  })
})
