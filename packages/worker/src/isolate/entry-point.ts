const condition = '--conditions=@pipewright/source'

/** Whether this code runs from source, so that isolates must too. */
const fromSource = import.meta.url.endsWith('.ts')

/** The file that a thread or process starts with: beside this one, TypeScript or built as this one is. */
export function entryPoint(name: 'thread-main' | 'process-main' | 'process-guard'): URL {
  return new URL(`./${name}${fromSource ? '.ts' : '.js'}`, import.meta.url)
}

/**
 * Node's options for a thread: those of this process, which a thread inherits by itself. From source they must hold the
 * condition that resolves packages to source; where it is missing, as under a test runner, it replaces them.
 */
export function threadOptions(): { readonly execArgv?: string[] } {
  return fromSource && !process.execArgv.includes(condition) ? { execArgv: [condition] } : {}
}

/** Node's options for a child process: those of this one, without its own program, debugger port or watching. */
export function processOptions(own: readonly string[] = process.execArgv): string[] {
  const kept: string[] = []
  for (let index = 0; index < own.length; index++) {
    const option = own[index] ?? ''
    if (/^(-e|-p|-pe|--eval|--print)$/.test(option)) index++
    else if (!/^--(inspect|watch|test|input-type|eval=|print=)/.test(option)) kept.push(option)
  }
  return fromSource && !kept.includes(condition) ? [...kept, condition] : kept
}
