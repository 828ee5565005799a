import { param } from '@pipewright/engine'
import * as z from 'zod'

/**
 * The last day that a run may know. Days after it are invisible; the twelve months up to it are the test, the twelve
 * before them the selection, all earlier days the training. A month's retraining is therefore one param.
 */
export const asOf = param('asOf', z.iso.date().default('2015-12-31'))

/** Every random draw of a run begins here: one seed, one result. */
export const seed = param('seed', z.int().default(7))
