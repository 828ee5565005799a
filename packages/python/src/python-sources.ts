import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { sha256 } from '@pipewright/engine/isolate'

/** Files at most: beyond them a folder is no project's code. */
const most = 1000
const statement =
  /^[ \t]*(?:from[ \t]+(?<from>[.\w]+)[ \t]+import[ \t]+(?<names>[\w, \t()*]+)|import[ \t]+(?<modules>[\w., \t]+))/gm

/**
 * The files of a Python module: its own, and those of modules of the same folder that it imports, directly or through
 * others. Path from the folder -> sha256 of the content; empty when the module is not there. Runs nothing of it.
 */
export function pythonSources(folder: string, module: string): Readonly<Record<string, string>> {
  const files = new Map<string, string>()
  const seen = new Set<string>()
  const waiting = [module]
  // A list hands out what is added to it while it is being walked.
  for (const name of waiting) {
    if (seen.has(name) || files.size >= most) continue
    seen.add(name)
    for (const path of pathsOf(name)) {
      const text = textOf(join(folder, path))
      if (text === undefined || files.has(path)) continue
      files.set(path, sha256(text))
      waiting.push(...importsOf(text, path.endsWith('__init__.py') ? name : parentOf(name)))
    }
  }
  return Object.fromEntries([...files].toSorted(([one], [two]) => (one < two ? -1 : 1)))
}

/** Its packages and itself, each as a file or as a folder. */
function pathsOf(module: string): readonly string[] {
  const parts = module.split('.')
  const packages = parts.map((_, at) => `${parts.slice(0, at + 1).join('/')}/__init__.py`)
  return [...packages, `${parts.join('/')}.py`]
}

/** Names of modules that a text may import. @param from The package that relative ones count from */
function importsOf(text: string, from: string): readonly string[] {
  return [...text.matchAll(statement)].flatMap(({ groups }) => {
    if (groups?.['from'] === undefined) return namesIn(groups?.['modules'] ?? '')
    const base = absolute(groups['from'], from)
    const names = namesIn(groups['names'] ?? '').map((name) =>
      base === '' ? name : `${base}.${name}`,
    )
    return base === '' ? names : names.concat(base)
  })
}

function namesIn(list: string): readonly string[] {
  return list
    .split(/[,()]/)
    .map((part) => part.trim().split(/\s+/)[0] ?? '')
    .filter((name) => /^\w[\w.]*$/.test(name))
}

/** `..data` in the package `a.b` is `a.data`. */
function absolute(name: string, from: string): string {
  const dots = /^\.*/.exec(name)?.[0].length ?? 0
  if (dots === 0) return name
  let base = from
  for (let level = 1; level < dots; level++) base = parentOf(base)
  return [base, name.slice(dots)].filter((part) => part !== '').join('.')
}

function parentOf(module: string): string {
  return module.slice(0, Math.max(0, module.lastIndexOf('.')))
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
