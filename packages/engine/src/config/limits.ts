import { ConfigError } from '../errors.ts'
import type { Position } from './tree.ts'

/**
 * Bounds of a configuration file: far above what people write, low enough that any file is decided at once. `values`
 * counts aliases and references as if written out; `tokens` are names, values, signs, spaces and line ends as the lexer
 * cuts them, about seven a line, and what the time to parse depends on.
 */
export const limits: {
  readonly bytes: number
  readonly values: number
  readonly tokens: number
  readonly depth: number
} = { bytes: 1024 * 1024, values: 100_000, tokens: 100_000, depth: 64 }

/** The error of a file, or of what it expands to, that is over a limit. */
export function tooLarge(position: Position, what: string): ConfigError {
  return new ConfigError('CONFIG_TOO_LARGE', `${at(position)}: ${what}.`, {
    position,
    hint: 'A configuration file holds at most 1 MiB, 64 levels and about 14,000 lines. Keep data in datasets.',
  })
}

/** `conf/base/catalog.yml:3:9`, as editors and terminals link it. */
export function at(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`
}
