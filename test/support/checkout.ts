import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A version of a project as it is deployed: its code in a folder of its own, its store the one that all share. */
export interface CheckoutOptions {
  /** Files and folders of the repository's `test`, and where they lie in the checkout. */
  readonly files: Readonly<Record<string, string>>
  /** Text of `pipewright.config.ts`. */
  readonly config: string
  /** The project that all checkouts belong to: its store, and the files by which tests and bodies talk, are theirs. */
  readonly project: string
  /** Names in the project that are no code: journals, gates. */
  readonly shared: readonly string[]
}

const test = join(import.meta.dirname, '..')

/** Makes a checkout. Whoever calls removes it: the answer does. */
export async function makeCheckout({
  files,
  config,
  project,
  shared,
}: CheckoutOptions): Promise<{ readonly root: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'pipewright-checkout-'))
  for (const [from, to] of Object.entries(files)) {
    await mkdir(dirname(join(root, to)), { recursive: true })
    await cp(join(test, from), join(root, to), { recursive: true })
  }
  await symlink(join(test, 'node_modules'), join(root, 'node_modules'))
  for (const name of shared) await symlink(join(project, name), join(root, name))
  await mkdir(join(root, 'conf', 'base'), { recursive: true })
  const store = JSON.stringify(join(project, 'shared-store'))
  await writeFile(join(root, 'conf', 'base', 'pipewright.yml'), `store: { url: ${store} }\n`)
  await writeFile(join(root, 'package.json'), '{ "type": "module" }\n')
  await writeFile(join(root, 'pipewright.config.ts'), config)
  return { root, remove: async () => rm(root, { recursive: true, force: true }) }
}
