/**
 * Makes `data/01_raw/node-documentation.csv` from the comments of the installed `@types/node`; `data/README.md` says from
 * which version the committed file comes. Not part of any pipeline.
 */
import { readFileSync, writeFileSync } from 'node:fs'

import { documentedEntries } from './documented-entry.ts'

/** The modules with the most documentation, and the files that hold it. */
const sections = {
  buffer: ['buffer.d.ts', 'buffer.buffer.d.ts'],
  crypto: ['crypto.d.ts'],
  fs: ['fs.d.ts', 'fs/promises.d.ts'],
  http: ['http.d.ts', 'https.d.ts'],
  http2: ['http2.d.ts'],
  perf_hooks: ['perf_hooks.d.ts'],
  process: ['process.d.ts'],
  sqlite: ['sqlite.d.ts'],
  stream: ['stream.d.ts', 'stream/promises.d.ts', 'stream/web.d.ts'],
  test: ['test.d.ts'],
  tls: ['tls.d.ts'],
  util: ['util.d.ts'],
} as const

const declarations = new URL('.', import.meta.resolve('@types/node/package.json'))
const corpus = new URL('../data/01_raw/node-documentation.csv', import.meta.url)

// Modules repeat each other's texts; what does not tell one from another is left to the first.
const seen = new Set<string>()
const rows = Object.entries(sections).flatMap(([section, files]) =>
  files
    .flatMap((file) => documentedEntries(readFileSync(new URL(file, declarations), 'utf8')))
    .filter(({ text }) => !seen.has(text) && seen.add(text))
    .map(({ name, text }) => [section, name, `"${text.replaceAll('"', '""')}"`].join(',')),
)
writeFileSync(corpus, ['section,name,text', ...rows, ''].join('\n'))
console.log(`${rows.length} entries`)
