import { setTimeout as wait } from 'node:timers/promises'

import { PipewrightError, type Pipeline } from '@pipewright/engine'
import { connect, type Client } from '@pipewright/engine/client'
import type { DurabilityOptions } from '@pipewright/engine/internal'

import type { FaultProject } from '../project.ts'
import type { RowContext } from '../row.ts'

/** How a load presses. */
export interface LoadOptions {
  readonly pipeline: Pipeline
  /** Connections that enqueue at once. */
  readonly clients: number
  /** Milliseconds that each of them rests after an enqueue. */
  readonly rest: number
  readonly durability?: DurabilityOptions
  /** Where clients find Redis. Default: where the project has it. */
  readonly url?: string
}

/** An enqueue that was acknowledged. */
export interface Acknowledged {
  readonly run: string
  readonly at: number
}

/**
 * Clients that enqueue one run after the other. One that is refused enqueues again with the same key, as callers are told
 * to, so that in the end every run that exists was acknowledged.
 */
export class Load {
  /** In the order of their acknowledgement. */
  readonly acknowledged: Acknowledged[] = []
  /** How often each code was told. */
  readonly refusals = new Map<string, number>()
  readonly #project: FaultProject
  readonly #options: LoadOptions
  readonly #over = new AbortController()
  #enqueuing: readonly Promise<void>[] = []

  constructor(project: FaultProject, options: LoadOptions) {
    this.#project = project
    this.#options = options
  }

  /** Begins. */
  async start(context: RowContext): Promise<void> {
    const { clients, durability, url = this.#project.url } = this.#options
    const { prefix } = this.#project
    const connected = await Promise.all(
      Array.from({ length: clients }, async () => connect({ redis: url, prefix, ...durability })),
    )
    for (const client of connected) context.cleanup(() => client.close())
    context.cleanup(() => this.#over.abort())
    this.#enqueuing = connected.map(async (client, at) => this.#press(client, at))
  }

  /** Ends it when what was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#enqueuing)
  }

  /** The codes that were told, for a note. */
  get told(): string {
    const each = [...this.refusals].map(([code, count]) => `${count} ${code}`)
    return each.length === 0 ? 'none refused' : `refused: ${each.join(', ')}`
  }

  async #press(client: Client, at: number): Promise<void> {
    const { pipeline, rest } = this.#options
    for (let turn = 0; !this.#over.signal.aborted; turn += 1) {
      const key = `load-${at}-${turn}`
      const handle = await this.#insist(async () => client.enqueue(pipeline, { key }))
      if (handle === undefined) return
      this.acknowledged.push({ run: handle.id, at: Date.now() })
      this.#project.acknowledge(handle)
      await wait(rest)
    }
  }

  /** Asks until it is done. Undefined when the row is over and it still is not. */
  async #insist<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    for (let left = 100; left > 0; left -= this.#over.signal.aborted ? 1 : 0) {
      try {
        return await ask()
      } catch (error) {
        const code = error instanceof PipewrightError ? error.code : String(error)
        this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
        await wait(100)
      }
    }
    return undefined
  }
}
