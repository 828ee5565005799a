import type { Plan, RunInputs } from '@pipewright/engine/internal'

/** What a worker needs to know of a run, the same for all its nodes. */
export interface KnownRun {
  readonly id: string
  readonly pipeline: string
  /** Hash of the plan. */
  readonly planHash: string
  readonly plan: Plan
  readonly params: Readonly<Record<string, unknown>>
  /** Inputs that lie elsewhere for this run than the catalog says. */
  readonly given?: RunInputs | undefined
  /** Values of `${runtime_params:name}` in the catalog for this run. */
  readonly runtimeParams?: Readonly<Record<string, unknown>> | undefined
  /** The run that it goes on with. */
  readonly resumes?: string | undefined
  /** True when all its nodes take results of earlier runs. */
  readonly reuse?: boolean | undefined
  /** Milliseconds that such a result may be old. */
  readonly reuseFor?: number | undefined
}

/** Runs kept: a worker that serves many short runs reads each header once. */
const limit = 1000

/** Remembers headers and plans of runs, least recently used first out. Both are frozen once a run exists. */
export class RunCache {
  readonly #read: (run: string) => Promise<KnownRun | undefined>
  readonly #runs = new Map<string, Promise<KnownRun | undefined>>()

  constructor(read: (run: string) => Promise<KnownRun | undefined>) {
    this.#read = read
  }

  /** The run, or undefined when Redis does not know it any more. */
  async get(run: string): Promise<KnownRun | undefined> {
    const known = this.#runs.get(run)
    if (known !== undefined) {
      this.#runs.delete(run)
      this.#runs.set(run, known)
      return known
    }
    const reading = this.#read(run)
    this.#runs.set(run, reading)
    const oldest = this.#runs.keys().next()
    if (this.#runs.size > limit && oldest.value !== undefined) this.#runs.delete(oldest.value)
    // A failed or empty reading is not remembered.
    const forget = (): void => {
      if (this.#runs.get(run) === reading) this.#runs.delete(run)
    }
    reading.then((found) => found ?? forget(), forget)
    return reading
  }
}
