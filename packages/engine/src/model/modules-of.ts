import { isAbsolute } from 'node:path'

import { openBundler } from './open-bundler.ts'

/** A module and all modules of the project that it imports statically, by absolute path. Packages are left out. @throws NodeError `BUNDLER_MISSING` */
export async function modulesOf(entry: string): Promise<readonly string[]> {
  const found: string[] = []
  const { rolldown } = await openBundler()
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    logLevel: 'silent',
    external: (id) => !id.startsWith('.') && !id.startsWith('#') && !isAbsolute(id),
    plugins: [
      {
        name: 'pipewright:modules',
        moduleParsed({ id }) {
          if (isAbsolute(id) && !id.includes('/node_modules/')) found.push(id)
        },
      },
    ],
  })
  try {
    await bundle.generate({ format: 'esm' })
  } finally {
    await bundle.close()
  }
  return found.toSorted()
}
