import { Composer, Lexer, LineCounter, Parser, type Document, type ParsedNode } from 'yaml'

import { ConfigError } from '../errors.ts'
import { DepthScan } from './depth-scan.ts'
import { at, limits, tooLarge } from './limits.ts'
import type { Position } from './tree.ts'

/** A parsed YAML document, and what turns its offsets to lines. */
export interface ComposedYaml {
  readonly contents: ParsedNode | null
  readonly lines: LineCounter
}

/**
 * Parses a YAML text piece by piece, ending at the first thing that is wrong: a hostile text with a hundred thousand
 * mistakes would take the parser seconds to list.
 *
 * @throws ConfigError `CONFIG_SYNTAX`, `CONFIG_TOO_LARGE`
 */
export function composeYaml(source: string, file: string): ComposedYaml {
  if (Buffer.byteLength(source) > limits.bytes) {
    throw tooLarge({ file, line: 1, column: 1 }, 'the file is larger than 1 MiB')
  }
  const lines = new LineCounter()
  lines.addNewLine(0)
  // The package's check of duplicate keys takes quadratic time; ours is where the tree is read.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false })
  let contents: ParsedNode | null = null
  let documents = 0
  for (const document of composeTokens(composer, source, file, lines)) {
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined)
      throw syntaxError(positionOf(lines, problem.pos[0], file), problem.message)
    documents += 1
    if (documents > 1) {
      const start = document.contents?.range[0] ?? document.range[0]
      throw syntaxError(
        positionOf(lines, start, file),
        'A configuration file holds one document, without "---" inside',
      )
    }
    contents = document.contents
  }
  return { contents, lines }
}

type Composed = Document.Parsed

function* composeTokens(
  composer: Composer,
  source: string,
  file: string,
  lines: LineCounter,
): Generator<Composed> {
  const parser = new Parser(lines.addNewLine)
  const scan = new DepthScan()
  for (const lexeme of new Lexer().lex(source)) {
    const excess = scan.excess(lexeme)
    if (excess !== undefined) throw tooLarge(positionOf(lines, parser.offset, file), excess)
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error')
        throw syntaxError(positionOf(lines, token.offset, file), token.message)
      yield* composer.next(token) as Generator<Composed>
    }
  }
  for (const token of parser.end()) yield* composer.next(token) as Generator<Composed>
  // Its type leaves open that the contents were not parsed, as those of documents made by hand.
  // `true`: a file of directives alone is a document as well, a wrong one.
  yield* composer.end(true, source.length) as Generator<Composed>
}

/** The position of an offset; lines and columns count from 1. */
export function positionOf(lines: LineCounter, offset: number, file: string): Position {
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(1, line), column: Math.max(1, col) }
}

/** The error of a text that is not YAML, or not the part of YAML that configuration uses. */
export function syntaxError(position: Position, message: string): ConfigError {
  const text = message.slice(0, 300).replace(/[.\s]+$/, '')
  return new ConfigError('CONFIG_SYNTAX', `${at(position)}: ${text}.`, {
    position,
    hint: 'Correct the YAML at this place. Text with ": " or " #", or that begins with one of *&%@`![{, needs quotes.',
  })
}
