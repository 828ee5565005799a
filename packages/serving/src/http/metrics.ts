import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

import type { RouterEvents } from '../traffic/router-events.ts'
import type { Slot } from '../traffic/slot.ts'

/** Everything that Prometheus is told, in a registry of one server. */
export class ServingMetrics {
  readonly #registry = new Registry()
  readonly #requests: Counter<'slot' | 'model' | 'outcome'>
  readonly #seconds: Histogram<'slot' | 'model'>
  readonly #shadows: Counter<'slot' | 'model' | 'result'>
  readonly #reloads: Counter<'slot' | 'outcome'>
  readonly #rollbacks: Counter<'slot' | 'model'>
  readonly #responses: Counter<'status'>

  constructor(slots: readonly Slot[]) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry, prefix: 'pipewright_' })
    this.#requests = new Counter({
      name: 'pipewright_serving_requests_total',
      help: 'Requests that a version answered: ok, refused (bad input), failed (the model), rejected (full).',
      labelNames: ['slot', 'model', 'outcome'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'pipewright_serving_request_seconds',
      help: 'From the request to the answer of a version.',
      labelNames: ['slot', 'model'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
      registers,
    })
    this.#shadows = new Counter({
      name: 'pipewright_serving_shadow_requests_total',
      help: 'Copies of requests, by how their answers compare: equal, different, failed, dropped.',
      labelNames: ['slot', 'model', 'result'],
      registers,
    })
    this.#reloads = new Counter({
      name: 'pipewright_serving_reloads_total',
      help: 'Versions that came into service after the start, or failed to.',
      labelNames: ['slot', 'outcome'],
      registers,
    })
    this.#rollbacks = new Counter({
      name: 'pipewright_serving_rollbacks_total',
      help: 'Versions that were taken out of service for crossing a bound.',
      labelNames: ['slot', 'model'],
      registers,
    })
    this.#responses = new Counter({
      name: 'pipewright_serving_responses_total',
      help: 'Answers of /invocations by HTTP status.',
      labelNames: ['status'],
      registers,
    })
    this.#collectSlots(slots)
  }

  readonly onAnswer: RouterEvents['onAnswer'] = (slot, model, outcome, milliseconds) => {
    this.#requests.inc({ slot: slot.name, model, outcome })
    this.#seconds.observe({ slot: slot.name, model }, milliseconds / 1000)
  }

  readonly onShadow: RouterEvents['onShadow'] = (slot, model, result) => {
    this.#shadows.inc({ slot: slot.name, model, result })
  }

  onReload(slot: Slot, outcome: 'done' | 'failed'): void {
    this.#reloads.inc({ slot: slot.name, outcome })
  }

  onRollback(slot: Slot, model: string): void {
    this.#rollbacks.inc({ slot: slot.name, model })
  }

  onResponse(status: number): void {
    this.#responses.inc({ status: String(status) })
  }

  /** Content type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** All of it, as Prometheus reads it. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** What serves is asked when Prometheus asks: a gauge that is set at each change would keep versions that have gone. */
  #collectSlots(slots: readonly Slot[]): void {
    const gauge = new Gauge({
      name: 'pipewright_serving_in_flight',
      help: 'Requests that a version has not answered yet. A version that is there serves.',
      labelNames: ['slot', 'model'],
      collect(): void {
        this.reset()
        for (const slot of slots) {
          const deployment = slot.current?.deployment
          if (deployment === undefined) continue
          this.set({ slot: slot.name, model: deployment.model.id }, deployment.inFlight)
        }
      },
      registers: [],
    })
    this.#registry.registerMetric(gauge)
  }
}
