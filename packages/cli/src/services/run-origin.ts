import { runOrigin } from '@pipewright/engine/client'

import { splitParams } from '../options/split-params.ts'

/** Options whose values may hold a password or a token. */
const secret = new Set(['--redis'])
/** Options with `name=value`: those are recorded by their names, where secret ones are left out. */
const named = new Set(['--params', '-p', '--tag'])

/** Where a run that a command starts comes from, as tags of the run. */
export async function originOf(root: string): Promise<Readonly<Record<string, string>>> {
  return runOrigin({ root, command: commandText(process.argv.slice(2)) })
}

/** The command line as it may be shown: without values of params and tags, and without credentials. */
export function commandText(words: readonly string[]): string {
  let option = ''
  const shown = words.map((word) => {
    if (!word.startsWith('-')) return shownValue(option, word)
    const found = attachedLong.exec(word) ?? attachedShort.exec(word)
    const { name = word, between = '', value } = found?.groups ?? {}
    // more values may follow one that is attached to a short name
    option = between === '=' ? '' : name
    return value === undefined ? word : `${name}${between || ' '}${shownValue(name, value)}`
  })
  return ['pipewright', ...shown].join(' ')
}

/** An option with its value in one word: `--name=value`, `-nvalue`. */
const attachedLong = /^(?<name>--[^=]+)(?<between>=)(?<value>.+)$/s
const attachedShort = /^(?<name>-[a-zA-Z])(?<value>.+)$/s

function shownValue(option: string, value: string): string {
  if (secret.has(option)) return '…'
  if (named.has(option))
    return splitParams([value])
      .map((text) => text.replace(/=.*$/s, '=…'))
      .join(',')
  return value.replaceAll(/\/\/[^/@\s]+@/g, '//…@')
}
