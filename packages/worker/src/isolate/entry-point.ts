const condition = '--conditions=@pipewright/source'

/** Whether this code runs from source, so that isolates must too. */
const fromSource = import.meta.url.endsWith('.ts')

/** The file that a thread or process starts with: beside this one, TypeScript or built as this one is. */
export function entryPoint(name: 'thread-main' | 'process-main'): URL {
  return new URL(`./${name}${fromSource ? '.ts' : '.js'}`, import.meta.url)
}

/**
 * Node's options for an isolate: this process's, without those that name its own program or debugger port. From source
 * they always hold the condition that resolves packages to source, which a test runner does not pass on.
 */
export function isolateOptions(own: readonly string[] = process.execArgv): string[] {
  const kept: string[] = []
  for (let index = 0; index < own.length; index++) {
    const option = own[index] ?? ''
    if (/^(-e|-p|-pe|--eval|--print)$/.test(option)) index++
    else if (!/^--(inspect|watch|test|input-type|eval|print)/.test(option)) kept.push(option)
  }
  if (fromSource && !kept.includes(condition)) kept.push(condition)
  return kept
}
