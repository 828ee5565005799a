import type { DatasetContent } from '@pipewright/mlflow-adapter'

/** One content of a dataset. */
export interface DatasetVertex extends DatasetContent {
  readonly kind: 'dataset'
  readonly id: string
}

/** A node of a run. */
export interface NodeVertex {
  readonly kind: 'node'
  readonly id: string
  readonly run: string
  readonly pipeline: string
  readonly node: string
  readonly status: string
  /** When its run was created, in ms since 1970. */
  readonly createdAt: number
  /** The commit that the run was enqueued from, with `+` when there were changes; undefined when it was not told. */
  readonly commit: string | undefined
}

/** A version of a registered model. */
export interface VersionVertex {
  readonly kind: 'version'
  readonly id: string
  readonly name: string
  readonly version: string
  readonly aliases: readonly string[]
}

export type Vertex = DatasetVertex | NodeVertex | VersionVertex

/** What data came from and where they went: vertices, and edges in the direction in which data flow. */
export class LineageGraph {
  readonly #vertices = new Map<string, Vertex>()
  readonly #into = new Map<string, Set<string>>()
  readonly #from = new Map<string, Set<string>>()

  get vertices(): readonly Vertex[] {
    return [...this.#vertices.values()]
  }

  get edges(): readonly (readonly [from: string, to: string])[] {
    return [...this.#from].flatMap(([from, all]) => [...all].map((to) => [from, to] as const))
  }

  vertex(id: string): Vertex | undefined {
    return this.#vertices.get(id)
  }

  /** Adds a vertex, or what is new to say of one. */
  add(vertex: Vertex): string {
    const known = this.#vertices.get(vertex.id)
    this.#vertices.set(vertex.id, known === undefined ? vertex : merged(known, vertex))
    return vertex.id
  }

  connect(from: string, to: string): void {
    put(this.#from, from, to)
    put(this.#into, to, from)
  }

  /** Vertices that data came from. */
  sources(id: string): readonly string[] {
    return [...(this.#into.get(id) ?? [])]
  }

  /** Vertices that data went to. */
  targets(id: string): readonly string[] {
    return [...(this.#from.get(id) ?? [])]
  }
}

/** The name of a content: `days@9c1d0f…`. */
export function contentId({ dataset, digest }: DatasetContent): string {
  return `${dataset}@${digest}`
}

function put(edges: Map<string, Set<string>>, key: string, value: string): void {
  const known = edges.get(key)
  if (known === undefined) edges.set(key, new Set([value]))
  else known.add(value)
}

function merged(known: Vertex, vertex: Vertex): Vertex {
  if (known.kind !== 'dataset' || vertex.kind !== 'dataset') return known
  return {
    ...vertex,
    format: known.format ?? vertex.format,
    bytes: known.bytes ?? vertex.bytes,
    rows: known.rows ?? vertex.rows,
    place: known.place ?? vertex.place,
  }
}
