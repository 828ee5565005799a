/** What a module names of other files and packages. */
export interface NamedImports {
  /** Texts that may be paths beside the module: `./clean.ts`. Those that name no file are of no interest. */
  readonly paths: readonly string[]
  /** Packages and subpath imports, as they are written: `zod`, `@acme/features/days`, `#shared`. */
  readonly names: readonly string[]
}

/** Types are erased: `import type { A } from './a.ts'`, but not `import type from './a.ts'`. */
const typesOnly =
  /\b(?:import|export)\s+type\s+(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|(?!from\b)[\w$]+)\s+from\s*(['"])[^'"\n]*\1/g

/** Any literal that looks like a path: `import`, `new URL('./worker.ts', import.meta.url)`, `module: './train.py'`. */
const relative = /(['"`])(\.{1,2}\/[^'"`\n$]+)\1/g

const named =
  /(?:\bfrom\s*|\bimport\s*|\bimport\s*\(\s*|\brequire\s*\(\s*)(['"])([^'"\n./][^'"\n]*)\1/g

/**
 * Reads from the text of a module, TypeScript or JavaScript, what it imports. It takes too much rather than too little: what
 * stands in a comment counts too, and makes at most a fingerprint change that need not. Names that are put together at run time are
 * not seen.
 */
export function namedImports(text: string): NamedImports {
  const code = text.replaceAll(typesOnly, '')
  const paths = new Set<string>()
  const names = new Set<string>()
  for (const [, , path = ''] of code.matchAll(relative)) paths.add(path)
  for (const [, , name = ''] of code.matchAll(named)) if (!name.includes(':')) names.add(name)
  return { paths: [...paths], names: [...names] }
}

/** The name of a package from what is imported of it: `@acme/features/days` -> `@acme/features`. */
export function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
