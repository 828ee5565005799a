import { endMutations } from './end-mutations.ts'
import type { Mutation } from './mutation.ts'
import { startMutations } from './start-mutations.ts'
import { trackingMutations } from './tracking-mutations.ts'

/** Every kind of fault that the checker must see. */
export const mutations: readonly Mutation[] = [
  ...startMutations,
  ...endMutations,
  ...trackingMutations,
]
