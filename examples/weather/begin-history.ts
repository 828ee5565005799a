import { mkdir, writeFile } from 'node:fs/promises'

/** The list that each retraining lengthens: the first one reads an empty one. */
const file = new URL('data/08_reporting/retrainings.json', import.meta.url)

await mkdir(new URL('.', file), { recursive: true })
await writeFile(file, '[]\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EEXIST') throw error
})
