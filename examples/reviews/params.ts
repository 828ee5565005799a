import { param } from '@pipewright/engine'
import * as z from 'zod'

/** Every random draw begins here: one seed, one result. */
export const seed = param('seed', z.int().default(7))
