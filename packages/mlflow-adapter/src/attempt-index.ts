import type { MlflowRecord } from './mlflow-record.ts'

/** The records of a run's attempts, by `pipewright.key` and by node. */
export class AttemptIndex {
  readonly #byKey = new Map<string, MlflowRecord>()
  readonly #byNode = new Map<string, Set<MlflowRecord>>()

  get(key: string): MlflowRecord | undefined {
    return this.#byKey.get(key)
  }

  add(key: string, record: MlflowRecord): void {
    this.#byKey.set(key, record)
    const ofNode = this.#byNode.get(record.node)
    if (ofNode === undefined) this.#byNode.set(record.node, new Set([record]))
    else ofNode.add(record)
  }

  remove(key: string): void {
    const record = this.#byKey.get(key)
    if (record === undefined) return
    this.#byKey.delete(key)
    this.#byNode.get(record.node)?.delete(record)
  }

  keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  /** All attempts of a node. */
  of(node: string): readonly MlflowRecord[] {
    return [...(this.#byNode.get(node) ?? [])]
  }

  /** The record that the node is known by: of its last attempt. */
  latest(node: string): MlflowRecord | undefined {
    return this.of(node).toSorted((one, two) => orderOf(two) - orderOf(one))[0]
  }

  all(): readonly MlflowRecord[] {
    return [...this.#byKey.values()]
  }
}

/** Attempt 0 is the end of a node that will not start again, so it comes after all others. */
export function orderOf({ attempt }: { readonly attempt: number }): number {
  return attempt === 0 ? Infinity : attempt
}
