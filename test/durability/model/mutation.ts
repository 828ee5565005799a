import { readFileSync } from 'node:fs'

import { setRewrite } from '@pipewright/engine/internal'

import type { Mutant } from './mutants/index.ts'
import { search, type Found, type Ground } from './search.ts'

/** Puts the mistake into the scripts until `restore`. @throws when the text to be replaced is not there */
export function mutate({ script, find, put }: Mutant): void {
  const own = textOf(script)
  if (own.split(find).length !== 2) throw new Error(`not once in ${script}.lua: ${find}`)
  setRewrite((name, text) => {
    if (script !== 'ledger' && name !== script) return text
    return text.replace(own, () => own.replace(find, () => put))
  })
}

/** A script's own text, or with `ledger` that of the files that all share. */
function textOf(script: Mutant['script']): string {
  const shared = ['ledger', 'admission', 'runs', 'edges', 'transitions']
  const files = script === 'ledger' ? shared : [script]
  return files.map(read).join('\n')
}

function read(file: string): string {
  return readFileSync(new URL(`../../../packages/engine/lua/${file}.lua`, import.meta.url), 'utf8')
}

/** The scripts as they are. */
export function restore(): void {
  setRewrite((_name, text) => text)
}

/** Looks for a sequence that shows the mistake. */
export async function hunt(
  ground: Ground,
  mutant: Mutant,
  options: { readonly seed: number; readonly runs: number },
): Promise<Found> {
  mutate(mutant)
  try {
    return await search(ground, { ...options, shortens: false })
  } finally {
    restore()
  }
}
