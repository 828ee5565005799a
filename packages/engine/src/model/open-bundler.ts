import type * as Bundler from 'rolldown'

import { NodeError } from '../errors.ts'

/**
 * The bundler. It is a peer that only projects with models need: 21 MB that a service which enqueues runs has no use for.
 *
 * @throws NodeError `BUNDLER_MISSING`
 */
export async function openBundler(): Promise<typeof Bundler> {
  try {
    return await import('rolldown')
  } catch (cause) {
    throw new NodeError(
      'BUNDLER_MISSING',
      'A model is packed with rolldown, which is not installed.',
      {
        hint: 'Install it where the project is: npm install rolldown',
        cause,
      },
    )
  }
}
