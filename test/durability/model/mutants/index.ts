import { admissionMutants } from './admission.ts'
import { choiceMutants } from './choices.ts'
import { claimMutants } from './claims.ts'
import { commitMutants } from './commits.ts'
import { limitMutants } from './limits.ts'
import { lossMutants } from './losses.ts'
import { mendingMutants } from './mending.ts'
import type { Mutant } from './mutant.ts'
import { requestMutants } from './requests.ts'
import { runMutants } from './runs.ts'
import { turnMutants } from './turns.ts'

export type { Mutant } from './mutant.ts'

/** One small mistake each. */
export const mutants: readonly Mutant[] = [
  ...admissionMutants,
  ...turnMutants,
  ...limitMutants,
  ...runMutants,
  ...claimMutants,
  ...commitMutants,
  ...lossMutants,
  ...mendingMutants,
  ...requestMutants,
  ...choiceMutants,
]
