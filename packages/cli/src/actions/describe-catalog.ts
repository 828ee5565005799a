import { UsageError } from '@pipewright/engine'
import { compile, didYouMean, type Plan } from '@pipewright/engine/internal'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { openProject, type OpenedProject } from '../project/open-project.ts'
import { datasetStore } from '../project/prepare-run.ts'
import { print, printJson } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import { tableText } from '../terminal/table-text.ts'

/** Options of `pipewright catalog`. */
export type CatalogOptions = ProjectOptions & OutputOptions

/** Where a dataset lies and who uses it. */
interface DatasetPlace {
  readonly name: string
  /** A driver's name, or `store` for a dataset that the catalog does not list. */
  readonly type: string
  readonly filepath: string | null
  readonly versioned: boolean
  /** A folder of values. */
  readonly partitioned: boolean
  /** Pattern of the factory that made the entry; null for one that the catalog names. */
  readonly factory: string | null
  readonly madeBy: readonly string[]
  readonly readBy: readonly string[]
}

/** `catalog list`: every dataset of the catalog and of the pipelines. */
export async function listCatalog(options: CatalogOptions): Promise<ExitCode> {
  const opened = await openProject({ env: options.env })
  const places = placesOf(opened)
  const { patterns } = opened.config.factories
  if (options.json === true) {
    for (const place of places) printJson({ type: 'dataset', ...renamed(place) })
    for (const pattern of patterns) printJson({ type: 'factory', pattern })
    return exitCodes.succeeded
  }
  print(placesTable(places))
  if (patterns.length > 0)
    print(`\nFactories, the first that fits a name counts:\n  ${patterns.join('\n  ')}`)
  return exitCodes.succeeded
}

/** `catalog describe DATASET`: one dataset, with its versions and whether its file is there. */
export async function describeDataset(name: string, options: CatalogOptions): Promise<ExitCode> {
  const opened = await openProject({ env: options.env })
  const places = placesOf(opened)
  const place = knownPlace(name, places)
  const store = datasetStore(opened)
  const isListed = place.filepath !== null
  const [absent] = isListed ? await store.missing([name]) : []
  const versions = isListed ? await store.versions(name) : []
  const exists = isListed ? absent === undefined : null
  if (options.json === true) {
    printJson({ type: 'dataset', ...renamed(place), exists, versions })
    return exitCodes.succeeded
  }
  print(
    tableText([
      ['dataset', name],
      ['type', place.type],
      ['filepath', whereIs(place)],
      ['there', exists === null ? 'with each run' : exists ? 'yes' : 'no'],
      ...(place.factory === null ? [] : [['factory', place.factory]]),
      ['versioned', place.versioned ? `yes, ${versions.length}` : 'no'],
      ...versions.slice(0, 10).map((version) => ['', version]),
      ['made by', place.madeBy.join(', ') || 'nothing: an input'],
      ['read by', place.readBy.join(', ') || 'nothing'],
    ]),
  )
  return exitCodes.succeeded
}

function whereIs({ filepath, type }: DatasetPlace): string {
  return filepath ?? (type === 'store' ? 'in the run’s store' : 'in MLflow')
}

function knownPlace(name: string, places: readonly DatasetPlace[]): DatasetPlace {
  const place = places.find((known) => known.name === name)
  if (place !== undefined) return place
  throw new UsageError(
    'UNKNOWN_DATASET',
    `There is no dataset "${name}" in the catalog or the pipelines.`,
    {
      hint: didYouMean(
        name,
        places.map((known) => known.name),
        'datasets',
      ),
    },
  )
}

function placesOf({ project, config, catalog }: OpenedProject): readonly DatasetPlace[] {
  const plans = project.pipelines.map((pipeline) => compile(pipeline).plan)
  const makers = usersOf(plans, 'outputs')
  const readers = usersOf(plans, 'inputs')
  const names = new Set([...Object.keys(catalog), ...makers.keys(), ...readers.keys()])
  return [...names].map((name) => {
    const entry = catalog[name]
    return {
      name,
      type: entry?.type ?? 'store',
      filepath: entry?.filepath ?? null,
      versioned: entry?.versioned ?? false,
      partitioned: entry?.partitions !== undefined,
      factory: config.factories.find(name)?.pattern ?? null,
      madeBy: [...(makers.get(name) ?? [])],
      readBy: [...(readers.get(name) ?? [])],
    }
  })
}

/** Dataset -> nodes on one side of it. */
function usersOf(
  plans: readonly Plan[],
  side: 'inputs' | 'outputs',
): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>()
  for (const node of plans.flatMap((plan) => plan.nodes)) {
    for (const dataset of Object.values(node[side])) {
      const known = users.get(dataset) ?? new Set()
      users.set(dataset, known.add(node.name))
    }
  }
  return users
}

function placesTable(places: readonly DatasetPlace[]): string {
  const head = ['DATASET', 'TYPE', 'FILEPATH', 'MADE BY'].map((title) => paint('dim', title))
  const rows = places.map((place) => [
    place.name,
    kindOf(place),
    place.filepath ?? '',
    place.madeBy.join(', '),
  ])
  return tableText([head, ...rows])
}

function kindOf({ type, versioned, partitioned }: DatasetPlace): string {
  if (partitioned) return `${type}, partitioned`
  return versioned ? `${type}, versioned` : type
}

/** `type` is the kind of the JSON object, so the dataset's own type is its `format`. */
function renamed({ type, ...place }: DatasetPlace): object {
  return { ...place, format: type }
}
