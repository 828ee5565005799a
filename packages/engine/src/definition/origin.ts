/** Frames that a definition may be away from the module that it belongs to: factories of factories. */
const deepest = 24

/** Frames of the engine itself: they say nothing of whose code it is. */
const own = new URL('..', import.meta.url).pathname

/** What loads modules: Node, or Vite where tests run. */
const loader = /node:internal\/modules|[\\/]node_modules[\\/]vite[\\/]/

/** A line of a stack, as V8 writes them: `at name (file:///a.ts:1:2)`, or `at /a.cjs:1:2`. */
const frame = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):\d+:\d+\)?$/

/**
 * Remembers which modules call a function of the engine. Costs a few microseconds and 100 bytes: the stack becomes text when it is first asked for.
 *
 * @param callee The function that is called; it and what it calls are left out.
 * @returns gives the modules as they are named in stacks, paths or `file:` addresses, the caller first: where a factory
 *   makes a node, the factory's and those that call it
 */
export function captureOrigin(callee: (...given: never) => unknown): () => readonly string[] {
  const before = Error.stackTraceLimit
  const holder: { stack?: string } = {}
  Error.stackTraceLimit = deepest
  Error.captureStackTrace(holder, callee)
  Error.stackTraceLimit = before
  let modules: readonly string[] | undefined
  return () => {
    modules ??= modulesOf(holder.stack ?? '')
    return modules
  }
}

function modulesOf(stack: string): readonly string[] {
  const modules = new Set<string>()
  for (const line of stack.split('\n').slice(1)) {
    // What loads modules stands between a module and those that import it, which have no part in it.
    if (loader.test(line)) break
    const module = frame.exec(line)?.[1]
    if (module === undefined || /[\\/]node_modules[\\/]/.test(module)) continue
    if (!module.replace(/^file:\/\//, '').startsWith(own)) modules.add(module)
  }
  return [...modules]
}
