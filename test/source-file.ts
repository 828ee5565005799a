import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)))

/** A TypeScript file of a package, as the checks of the architecture see it. */
export interface SourceFile {
  /** Path from the root, with `/`: `packages/engine/src/plan/plan.ts`. */
  readonly path: string
  /** Source text without comments. */
  readonly code: string
  /** What it imports and re-exports, statically and dynamically: paths from the root, or names of packages. */
  readonly imports: readonly string[]
}

/** All source files of the packages, without their tests and what those run on. */
export function sourceFiles(): readonly SourceFile[] {
  const packages = join(root, 'packages')
  return readdirSync(packages)
    .flatMap((name) => filesUnder(join(packages, name, 'src')))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.d.ts'))
    .filter((path) => !/[\\/]fixtures?[\\/]/.test(path))
    .map((path) => readSource(path))
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function readSource(path: string): SourceFile {
  const code = withoutComments(readFileSync(path, 'utf8'))
  const imports = importsOf(code).map((target) =>
    target.startsWith('.') ? fromRoot(join(dirname(path), target)) : target,
  )
  return { path: fromRoot(path), code, imports }
}

function fromRoot(path: string): string {
  return relative(root, path).split(sep).join('/')
}

/** Comments go, strings and templates stay; a pattern such as `/[/*]/` would need a parser, so do not write one. */
export function withoutComments(text: string): string {
  return text.replaceAll(
    /(?<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<![:\\])\/\/[^\n]*/g,
    '$<text>',
  )
}

/** Specifiers of `import … from`, `export … from`, `import '…'` and `import('…')`. */
export function importsOf(code: string): readonly string[] {
  const statement =
    /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s+)?'(?<target>[^']+)'|\bimport\(\s*'(?<dynamic>[^']+)'/g
  return [...code.matchAll(statement)].flatMap(
    ({ groups }) => groups?.['target'] ?? groups?.['dynamic'] ?? [],
  )
}
