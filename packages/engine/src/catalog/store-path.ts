import { hash } from 'node:crypto'

/** Which attempt of which node run makes a value. */
export interface AttemptPlace {
  readonly runId: string
  /** Name of the node's instance, such as `train`, `score[17]` or `tune[3]/fit[5]`. */
  readonly node: string
  /** Counts from 1. */
  readonly attempt: number
  /** Names the start of the attempt: a server that lost its last writes may count another start alike. Default: none. */
  readonly start?: string | undefined
}

/** File names end at 255 bytes; the rest of the name needs its share. */
const longestPart = 100

/**
 * Path of an attempt's output in the run's store: `runs/<run>/<node>@<attempt>[-<start>]@<dataset><extension>`. No two
 * attempts share one, so a file never changes once it is referenced. One folder a run: a folder costs as much as a file to make
 * durable.
 */
export function storePath(place: AttemptPlace, dataset: string, extension: string): string {
  const attempt =
    place.start === undefined ? place.attempt : `${place.attempt}-${safe(place.start)}`
  const file = `${safe(place.node)}@${attempt}@${safe(dataset)}${extension}`
  return `${runFolder(place.runId)}/${file}`
}

/** The folder of all files of a run in the store. */
export function runFolder(runId: string): string {
  return `runs/${safe(runId)}`
}

/** A name as part of a file name: what is not plain is escaped, a long one is cut and told apart by its hash. */
function safe(name: string): string {
  const escaped = name.replaceAll(/[^A-Za-z0-9_.-]/gu, (character) => encodeURIComponent(character))
  const plain = escaped.replace(/^\./, '%2E')
  if (plain.length <= longestPart) return plain
  return `${plain.slice(0, longestPart - 33)}~${hash('sha256', name).slice(0, 32)}`
}
