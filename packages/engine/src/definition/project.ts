import type { Hooks } from './hooks.ts'
import type { Pipeline } from './pipeline.ts'

/** What `pipewright.config.ts` exports. */
export interface Project {
  readonly pipelines: readonly Pipeline[]
  readonly hooks: readonly Hooks[]
}

/**
 * Names the pipelines and hooks of a project. `pipewright.config.ts` exports it as default.
 *
 * @example
 * export default defineProject({ pipelines: [training, scoring] })
 */
export function defineProject(options: {
  readonly pipelines: readonly Pipeline[]
  /** Observers, called in this order. Default: none. */
  readonly hooks?: readonly Hooks[]
}): Project {
  return Object.freeze({
    pipelines: Object.freeze([...options.pipelines]),
    hooks: Object.freeze([...(options.hooks ?? [])]),
  })
}
