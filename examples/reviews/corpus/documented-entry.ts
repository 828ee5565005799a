/** A documented name of a module: what Node's documentation says about a function, a class, a property, an option. */
export interface DocumentedEntry {
  readonly name: string
  readonly text: string
}

/** Shorter texts ("Default: false.") say nothing about their module. */
const fewestCharacters = 60

const comment = /\/\*\*(?<text>[\s\S]*?)\*\/\s*(?<declaration>[^\n]*)/g
const declaredName =
  /^(?:(?:export|declare|abstract|static|readonly|async|default|function|class|interface|const|let|var|type|namespace|module|get|set)\s+)*["']?(?<name>[\w.$/]+)/

/** The documented entries of a file of type declarations, in its order. */
export function documentedEntries(declarations: string): readonly DocumentedEntry[] {
  return [...declarations.matchAll(comment)].flatMap(({ groups }) => {
    const text = prose(groups?.['text'] ?? '')
    const name = declaredName.exec(groups?.['declaration'] ?? '')?.groups?.['name']
    // `__promisify__` is the type of another entry, and repeats it in other words.
    if (name === undefined || name.startsWith('__') || text.length < fewestCharacters) return []
    return [{ name, text }]
  })
}

/** A comment's sentences: without its stars, samples of code, tags such as `@since`, and addresses of links. */
function prose(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, ''))
  const [body = ''] = lines
    .join('\n')
    .replaceAll(/```[\s\S]*?```/g, '')
    .split(/^\s*@/m)
  return body
    .replaceAll(/\{@link (?:[^\s}]+\s+)?(?<shown>[^}]*)\}/g, '$<shown>')
    .replaceAll(/\[(?<text>[^\]]*)\]\([^)]*\)/g, '$<text>')
    .replaceAll(/https?:\/\/\S+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
