import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

import { ConfigError } from '../errors.ts'

/** Where a project lies. */
export interface ProjectPlace {
  /** The folder of the file: `conf`, data and the store count from here. */
  readonly root: string
  /** Absolute path of `pipewright.config.ts`, `.js` or `.mjs`. */
  readonly file: string
}

const fileNames = ['pipewright.config.ts', 'pipewright.config.js', 'pipewright.config.mjs']

/**
 * Finds the project of a folder: the nearest `pipewright.config.ts`, `.js` or `.mjs`, in it or above it.
 *
 * @throws ConfigError `PROJECT_NOT_FOUND`
 */
export async function findProject(from: string): Promise<ProjectPlace> {
  const start = resolve(from)
  for (let root = start; ; root = dirname(root)) {
    // Upwards: the nearest wins.
    // oxlint-disable-next-line no-await-in-loop
    const file = await firstFile(fileNames.map((name) => join(root, name)))
    if (file !== undefined) return { root, file }
    if (root === dirname(root)) break
  }
  throw new ConfigError(
    'PROJECT_NOT_FOUND',
    `There is no pipewright.config.ts in ${start} or above it.`,
    {
      hint: 'Run the command in the folder of a project, or make one with `pipewright init`.',
    },
  )
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  const found = await Promise.all(
    paths.map(
      async (path) =>
        await stat(path).then(
          (entry) => entry.isFile(),
          () => false,
        ),
    ),
  )
  return paths.find((_, index) => found[index])
}
