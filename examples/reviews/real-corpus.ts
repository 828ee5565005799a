import { readFileSync } from 'node:fs'

import type { Value } from '@pipewright/engine'

import { entries, stopwords } from './datasets.ts'

/** The committed data, for tests that run without a catalog. */
export function readCorpus(): {
  readonly entries: Value<typeof entries>
  readonly stopwords: Value<typeof stopwords>
} {
  // As make-corpus.ts writes it: each entry on a line of its own, only its text in quotes.
  const lines = read('node-documentation.csv').matchAll(/^([^,\n]*),([^,\n]*),"(.*)"$/gm)
  return {
    entries: entries.schema.parse(
      [...lines].map(([, section, name, text = '']) => ({
        section,
        name,
        text: text.replaceAll('""', '"'),
      })),
    ),
    stopwords: stopwords.schema.parse(JSON.parse(read('stopwords.json'))),
  }
}

function read(file: string): string {
  return readFileSync(new URL(`data/01_raw/${file}`, import.meta.url), 'utf8')
}
