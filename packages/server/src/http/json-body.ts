import { HttpError } from './http-error.ts'

/** Levels of lists and objects within each other. */
const deepest = 64
const refused = new Set(['__proto__', 'constructor', 'prototype'])
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The JSON of a request's body: UTF-8, at most 64 levels, no number beyond what JSON can give back, no half of a character, no
 * key that means something else to JavaScript. So what comes later may copy, compare and keep it without a thought.
 *
 * @throws HttpError `MEDIA_TYPE_UNSUPPORTED`, `INVALID_REQUEST`
 */
export function readJson(body: Uint8Array | undefined, contentType: string | undefined): unknown {
  // Pages of other sites can send forms and text without being asked; JSON they cannot.
  if (!/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(contentType ?? '')) {
    throw new HttpError('MEDIA_TYPE_UNSUPPORTED', 415, 'The body must be JSON.', {
      headers: { accept: 'application/json' },
      hint: 'Send it with the header "Content-Type: application/json".',
    })
  }
  const value = parse(body ?? new Uint8Array())
  const problem = problemOf(value)
  // It is well-formed JSON all the same, and the schema of its operation may take it.
  if (problem !== undefined) throw invalid(422, problem)
  return value
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body))
  } catch (error) {
    throw invalid(400, `It is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What is wrong with a tree; undefined when nothing is. No recursion: a body of brackets alone would end it. */
function problemOf(root: unknown): string | undefined {
  let level: readonly unknown[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest + 1) return `It has more than ${deepest} levels.`
    const next: unknown[] = []
    for (const value of level) {
      const problem = ownProblemOf(value)
      if (problem !== undefined) return problem
      if (typeof value !== 'object' || value === null) continue
      const members: readonly unknown[] = Object.values(value)
      for (const member of members) next.push(member)
    }
    level = next
  }
  return undefined
}

function ownProblemOf(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value))
    return 'It has a number that is too large.'
  if (typeof value === 'string' && !value.isWellFormed()) return 'It has half of a surrogate pair.'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const key = Object.keys(value).find((name) => refused.has(name) || !name.isWellFormed())
  return key === undefined ? undefined : `The key ${JSON.stringify(key)} is refused.`
}

function invalid(status: 400 | 422, problem: string): HttpError {
  return new HttpError('INVALID_REQUEST', status, 'The body of the request cannot be used.', {
    issues: [{ at: 'body', problem }],
  })
}
