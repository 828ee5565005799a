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
    const attached = /^(?:(?<long>--[^=]+)=|(?<short>-[a-zA-Z])=?)(?<value>.+)$/s.exec(word)?.groups
    const name = attached?.['long'] ?? attached?.['short'] ?? word
    option = attached === undefined || attached['short'] !== undefined ? name : ''
    const isLong = attached?.['long'] !== undefined
    return attached === undefined
      ? word
      : `${name}${isLong ? '=' : ' '}${shownValue(name, attached['value'] ?? '')}`
  })
  return ['pipewright', ...shown].join(' ')
}

function shownValue(option: string, value: string): string {
  if (secret.has(option)) return '…'
  if (named.has(option))
    return splitParams([value])
      .map((text) => text.replace(/=.*$/s, '=…'))
      .join(',')
  return value.replaceAll(/\/\/[^/@\s]+@/g, '//…@')
}
