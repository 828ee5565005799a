/** When a write counts as done: when Redis has it (`default`), or when it is known to outlive Redis (`strict`). */
export type DurabilityMode = 'default' | 'strict'

/** What a caller may choose. */
export interface DurabilityOptions {
  /**
   * `strict`: `enqueue`, `cancel`, the commit of a node and `wait` return when what they did, or tell, is on the disk of
   * Redis. Default `default`: they return when Redis has it.
   */
  readonly durability?: DurabilityMode | undefined
  /** With `strict`: replicas that must have it too. Default 0. */
  readonly replicas?: number | undefined
}
