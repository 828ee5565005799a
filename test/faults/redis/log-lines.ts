import * as z from 'zod'

const Line = z.looseObject({ time: z.number() })

/** Most lines that a process wrote to its log in any second, by the times in the lines themselves. */
export function mostLinesInASecond(log: readonly string[]): number {
  const times = log.flatMap((line) => {
    const parsed = Line.safeParse(parse(line))
    return parsed.success ? [parsed.data.time] : []
  })
  let most = 0
  let first = 0
  for (const [at, time] of times.entries()) {
    while ((times[first] ?? time) <= time - 1000) first += 1
    most = Math.max(most, at - first + 1)
  }
  return most
}

/** Other lines than those of the log may come from bodies and from Node. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
