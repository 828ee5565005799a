import { hash } from 'node:crypto'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { namedImports, packageName } from '../plan/fingerprint-imports.ts'
import type { CodeFiles } from '../plan/fingerprint.ts'

/** Files that may be code, and of these the ones that import others. */
const modules = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx']
const others = ['.json', '.wasm', '.node', '.py', '.sql']
const codeTypes: ReadonlySet<string> = new Set([...modules, ...others])

/** What is tried where a path names no file: bundlers and compilers let it end so. */
const endings = ['', ...modules, ...modules.map((type) => `/index${type}`)]

/** A file beyond this is data. */
const largestFile = 10 * 1024 * 1024
/** Files of one package of the workspace that are looked at. */
const mostFiles = 10_000

interface CodeFile {
  readonly sha256: string
  /** Absolute paths of files of the project that it names. */
  readonly imports: readonly string[]
}

/** Finds and reads the code that modules of a project consist of. Each file is read once. */
export class CodeReader {
  readonly #root: string
  readonly #files = new Map<string, Promise<CodeFile | undefined>>()
  readonly #packages = new Map<string, Promise<readonly string[]>>()

  /** @param root Folder from which paths in the answers count. */
  constructor(root: string) {
    this.#root = root
  }

  /**
   * The files of modules and of all that they import in the project, by path from the root with `/`. Packages that are
   * installed are left out; those that are linked, as in a workspace, are the project's own and count with all their code.
   *
   * @param entries Paths or `file:` addresses of modules. Those that are no files are left out.
   */
  async filesOf(entries: readonly string[]): Promise<CodeFiles> {
    const found = new Map<string, string>()
    const left = entries.flatMap((entry) => pathOf(entry) ?? [])
    const seen = new Set(left)
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      const file = await this.#file(path)
      if (file === undefined) continue
      found.set(relative(this.#root, path).split(sep).join('/'), file.sha256)
      for (const each of file.imports) {
        if (seen.has(each)) continue
        seen.add(each)
        left.push(each)
      }
    }
    return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  async #file(path: string): Promise<CodeFile | undefined> {
    const known = this.#files.get(path)
    if (known !== undefined) return known
    const reading = this.#read(path)
    this.#files.set(path, reading)
    return reading
  }

  async #read(path: string): Promise<CodeFile | undefined> {
    if (!(await isCode(path))) return undefined
    const content = await readFile(path)
    const sha256 = hash('sha256', content, 'hex')
    if (!modules.includes(extname(path))) return { sha256, imports: [] }
    const { paths, names } = namedImports(content.toString('utf8'))
    const found = await Promise.all([
      ...paths.map(async (each) => [await besides(path, each)]),
      ...names.map(async (each) => this.#named(path, each)),
    ])
    return { sha256, imports: found.flat().filter((each) => each !== undefined) }
  }

  /** Files of a package or of a subpath import, where they belong to the project. */
  async #named(from: string, specifier: string): Promise<readonly string[]> {
    if (specifier.startsWith('#')) return subpath(from, specifier)
    const name = packageName(specifier)
    // What runs nodes is the same for all of them.
    if (name.startsWith('@pipewright/')) return []
    const folder = await linkedPackage(dirname(from), name)
    if (folder === undefined) return []
    const known = this.#packages.get(folder)
    if (known !== undefined) return known
    const listing = codeIn(folder)
    this.#packages.set(folder, listing)
    return listing
  }
}

function pathOf(entry: string): string | undefined {
  try {
    const url = entry.startsWith('file://') ? new URL(entry) : pathToFileURL(entry)
    // What loaders append to tell versions of a module apart.
    url.search = ''
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

async function isCode(path: string): Promise<boolean> {
  if (!codeTypes.has(extname(path)) || path.includes(`${sep}node_modules${sep}`)) return false
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true && found.size <= largestFile
}

/** The file that a path beside a module means. */
async function besides(from: string, path: string): Promise<string | undefined> {
  const plain = resolve(dirname(from), path.replace(/[?#].*$/, ''))
  // TypeScript lets a source import what it will be compiled to.
  const source = plain.replace(/\.([cm]?)js$/, '.$1ts')
  for (const candidate of new Set([...endings.map((ending) => plain + ending), source]))
    if (await isCode(candidate)) return candidate
  return undefined
}

/** What `imports` of the package.json says that a name with `#` means. */
function subpath(from: string, specifier: string): readonly string[] {
  try {
    return [createRequire(from).resolve(specifier)]
  } catch {
    return []
  }
}

/** The folder of a package that is linked into the project; undefined for one that is installed, or is not there. */
async function linkedPackage(from: string, name: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const real = await realpath(join(folder, 'node_modules', name)).catch(() => undefined)
    if (real !== undefined) return real.includes(`${sep}node_modules${sep}`) ? undefined : real
    if (folder === dirname(folder)) return undefined
  }
}

/** The code of a linked package: which of it is imported, its own package.json and bundler say. */
async function codeIn(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  const left = [folder]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const path = join(next, entry.name)
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      if (entry.isDirectory()) left.push(path)
      else if (entry.isFile() && codeTypes.has(extname(entry.name))) found.push(path)
    }
    if (found.length > mostFiles) break
  }
  return found
}
