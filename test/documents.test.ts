import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

import { describe, expect, it } from 'vitest'

import { root } from './source-file.ts'

const documents = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file.replaceAll('\\', '/')}`),
]

interface Link {
  readonly text: string
  /** Path from the root. */
  readonly path: string
  /** The heading that it leads to, if any. */
  readonly anchor: string | undefined
}

function textOf(document: string): string {
  return readFileSync(join(root, document), 'utf8')
}

/** What code blocks and code in lines hold is no link. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '')
}

/** Links of a document to files of the repository. */
function linksOf(document: string): readonly Link[] {
  const found = prose(textOf(document)).matchAll(
    /\[(?<text>[^\]]*)\]\((?<path>[^)\s#]*)(?:#(?<anchor>[^)\s]*))?\)/g,
  )
  return [...found].flatMap(({ groups }) => {
    const { text = '', path = '', anchor } = groups ?? {}
    if (/^[a-z]+:/.test(path)) return []
    const target = path === '' ? document : normalize(join(dirname(document), path))
    return [{ text, path: target.replaceAll('\\', '/').replace(/\/$/, ''), anchor }]
  })
}

/** Anchors of a document's headings, as GitHub makes them. */
function anchorsOf(document: string): readonly string[] {
  return [...prose(textOf(document)).matchAll(/^#+ (?<title>.+)$/gm)].map(({ groups }) =>
    (groups?.['title'] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('documents', () => {
  it.each(documents)('%s links only to what is there', (document) => {
    const wrong = linksOf(document).filter(
      ({ path, anchor }) =>
        !existsSync(join(root, path)) ||
        (anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).includes(anchor)),
    )
    expect(wrong).toEqual([])
  })

  it.each(['README.md', 'ARCHITECTURE.md'])('%s names only paths that are there', (document) => {
    const named = textOf(document).matchAll(
      /(?<![\w./@-])(?<path>(?:packages|examples|bench|deploy|docs|scripts|test)\/[\w./-]*\w)/g,
    )
    const paths = new Set([...named].map(({ groups }) => groups?.['path'] ?? ''))
    expect([...paths].filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('ARCHITECTURE.md names tests as they are named', () => {
    const claims = linksOf('ARCHITECTURE.md').filter(
      ({ text, path }) => path.endsWith('.test.ts') && text.includes(' ') && !/^[aA] /.test(text),
    )
    expect(claims.length).toBeGreaterThan(40)
    const wrong = claims.filter(({ text, path }) => {
      const test = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''
      return !test.replaceAll("\\'", "'").includes(text)
    })
    expect(wrong).toEqual([])
  })

  it('ARCHITECTURE.md has every script and every key of the ledger', () => {
    const text = textOf('ARCHITECTURE.md')
    const scripts = readdirSync(join(root, 'packages/engine/lua'))
      .map((file) => file.replace('.lua', ''))
      .filter((name) => name !== 'ledger')
    expect(scripts.filter((name) => !new RegExp(`^\\| \`${name}\` +\\|`, 'm').test(text))).toEqual(
      [],
    )

    const names = readFileSync(join(root, 'packages/engine/src/redis/keys.ts'), 'utf8').matchAll(
      /`\$\{prefix\}:(?<name>[^`]*)`/g,
    )
    const keys = [...names].map(({ groups }) =>
      (groups?.['name'] ?? '').replaceAll(/\$\{\w+\}/g, '<>'),
    )
    const table = text.replaceAll(/<[^>]*>/g, '<>')
    expect(keys.length).toBeGreaterThan(15)
    expect(keys.filter((key) => !table.includes(`\`${key}`))).toEqual([])
  })

  it('docs/README.md lists every page but those of errors', () => {
    const listed = new Set(linksOf('docs/README.md').map(({ path }) => path))
    const pages = documents.filter(
      (page) =>
        page.startsWith('docs/') && page !== 'docs/README.md' && !page.startsWith('docs/errors/'),
    )
    expect(pages.filter((page) => !listed.has(page))).toEqual([])
  })
})
