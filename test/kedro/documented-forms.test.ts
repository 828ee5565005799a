import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { PipewrightError } from '@pipewright/engine'
import { catalogFor, DatasetStore, loadConfig, openStorage } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { root } from '../source-file.ts'
import { documentedForms, type DocumentedForm } from './documented-forms.ts'

/** Rows of the tables of docs/kedro.md that begin with the id of a form: id -> what comes of it. */
const rows = new Map(
  [
    ...readFileSync(join(root, 'docs/kedro.md'), 'utf8').matchAll(
      /^\| `(?<id>[a-z0-9-]+)` *\|.*\| (?<outcome>loads|refused: `[A-Z_]+`)[^|]*\|$/gm,
    ),
  ].map(({ groups }) => [groups?.['id'] ?? '', groups?.['outcome'] ?? ''] as const),
)

/** Loads a form's files as a project's and opens the datasets. */
async function outcomeOf({
  files,
  runtimeParams = {},
  datasets = [],
}: DocumentedForm): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'pipewright-kedro-'))
  onTestFinished(async () => rm(project, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    const path = join(project, 'conf', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  try {
    const config = await loadConfig({
      root: project,
      runtimeParams,
      environment: { KEY: 'secret' },
    })
    const catalog = catalogFor(config, datasets)
    for (const name of datasets) expect(Object.keys(catalog)).toContain(name)
    const storage = openStorage('store', project)
    expect(new DatasetStore({ catalog, root: project, storage })).toBeDefined()
    return 'loads'
  } catch (error) {
    if (!(error instanceof PipewrightError)) throw error
    return error.hint === undefined
      ? `refused without a hint: ${error.code}`
      : `refused: \`${error.code}\``
  }
}

describe('a form of Kedro’s documents', () => {
  it.each(documentedForms.map((form) => [form.id, form] as const))(
    '%s loads or is refused as docs/kedro.md says',
    async (id, form) => {
      expect(await outcomeOf(form)).toBe(rows.get(id))
    },
  )

  it('has a row in docs/kedro.md, and each row a form', () => {
    expect([...rows.keys()].toSorted()).toEqual(documentedForms.map(({ id }) => id).toSorted())
  })
})
