/** The streams' own writers, kept before a live view or `--json` puts something in front of them. */
const writeOut = process.stdout.write.bind(process.stdout)
const writeError = process.stderr.write.bind(process.stderr)

let frame: { hide(): void; show(): void } | undefined

/** One line of a command's result, on standard output. */
export function print(line: string): void {
  around(() => writeOut(`${line}\n`))
}

/** One JSON object on its own line of standard output. */
export function printJson(value: unknown): void {
  writeOut(`${JSON.stringify(value)}\n`)
}

/** One line for people beside the result, on standard error. */
export function printNotice(line: string): void {
  around(() => writeError(`${line}\n`))
}

/** Writes raw text to the terminal: for the live view alone. */
export function draw(text: string): void {
  writeOut(text)
}

/**
 * Puts a live picture at the foot of the terminal: whatever is written meanwhile, by us or by users' code, goes above it.
 * Returns how to take it away.
 */
export function holdFrame(picture: { hide(): void; show(): void }): () => void {
  frame = picture
  const restore = [
    intercept(process.stdout, (write) => around(write)),
    intercept(process.stderr, (write) => around(write)),
  ]
  return () => {
    for (const give of restore) give()
    frame = undefined
  }
}

/**
 * Sends what others write to standard output, such as `console.log` of a node, to standard error, so that standard output
 * carries our JSON alone.
 */
export function keepStandardOutputForJson(): void {
  process.stdout.write = writeError
}

function around(write: () => unknown): void {
  frame?.hide()
  write()
  frame?.show()
}

function intercept(stream: NodeJS.WriteStream, by: (write: () => unknown) => void): () => void {
  const original = stream.write.bind(stream)
  stream.write = (...args: readonly unknown[]): boolean => {
    // Passed on exactly as they came, whichever of the overloads was called.
    by(() => Reflect.apply(original, stream, args))
    return true
  }
  return () => {
    stream.write = original
  }
}
