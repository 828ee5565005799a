import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const names = [
  'pnpm-lock.yaml',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'bun.lock',
]

/** Which packages a project was installed with: the name of the nearest lockfile upwards, and the beginning of its sha256. */
export async function lockfile(folder: string): Promise<string | undefined> {
  for (let place = folder; ; place = dirname(place)) {
    for (const name of names) {
      // oxlint-disable-next-line no-await-in-loop -- the nearest one counts
      const content = await readFile(join(place, name)).catch(() => undefined)
      if (content === undefined) continue
      const digest = createHash('sha256').update(content).digest('hex').slice(0, 16)
      return `${name} sha256:${digest}`
    }
    if (dirname(place) === place) return undefined
  }
}
