import type { FastifyInstance } from 'fastify'

import { isStream, type Operation } from '../operation/operation.ts'
import { HttpError } from './http-error.ts'

interface Place {
  readonly path: RegExp
  readonly methods: readonly string[]
}

/**
 * Refuses what no operation is for: unknown paths, and known ones that are asked by another method. As soon as its headers are
 * there, for what comes after them may be wrong as well.
 */
export function refuseElsewhere(app: FastifyInstance, operations: readonly Operation[]): void {
  const places = operations.map(placeOf)
  app.addHook('onRequest', async (request) => {
    if (!request.is404) return
    const path = request.url.split('?')[0] ?? ''
    const methods = places
      .filter((place) => place.path.test(path))
      .flatMap(({ methods }) => methods)
    if (methods.length === 0) {
      throw new HttpError('ROUTE_NOT_FOUND', 404, 'There is nothing at this path.', {
        hint: 'GET /openapi.json lists every path.',
      })
    }
    const allowed = [...new Set(methods)].join(', ')
    throw new HttpError('METHOD_NOT_ALLOWED', 405, `This path is asked by ${allowed}.`, {
      headers: { allow: allowed },
    })
  })
}

function placeOf(operation: Operation): Place {
  const { path, method } = operation
  const hasHead = method === 'GET' && !isStream(operation)
  return { path: patternOf(path), methods: hasHead ? ['GET', 'HEAD'] : [method] }
}

function patternOf(path: string): RegExp {
  const parts = path
    .split(/\{\w+\}/)
    .map((part) => part.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('[^/]+')}$`)
}
