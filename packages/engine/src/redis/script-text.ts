import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import * as z from 'zod'

import { InfrastructureError } from '../errors.ts'

/** Names of the ledger's scripts: one file each in `lua/`. */
export type ScriptName =
  | 'abandon'
  | 'advance'
  | 'cancel'
  | 'change-schedule'
  | 'claim'
  | 'decide-slots'
  | 'mend'
  | 'note'
  | 'note-slot'
  | 'publish'
  | 'recover'
  | 'renew'
  | 'settle'
  | 'settle-slots'
  | 'submit'

/** Those that move no node runs: they share what `ledger.lua` has, and nothing of BullMQ. */
const apart: ReadonlySet<ScriptName> = new Set([
  'change-schedule',
  'decide-slots',
  'note-slot',
  'settle-slots',
])

/** BullMQ's own scripts that ours are composed with, and the sha256 of each text that they were tested with. */
export const bullScripts: Readonly<Record<string, string>> = {
  addStandardJob: '2eee45c9ffc54d24681b737f926016a7f7464f0d32a5f87f623bffa2fc55413c',
  moveStalledJobsToWait: 'dad86d89b50d825fb9ad1e95ef0ca9ae459ba16e837663fdbfc7be6de003debb',
  moveToActive: '7d35069db0b831af1bd1b2d5eb8d524e86fc7d3280b8c684a96b6614bad7d79a',
  moveToFinished: '8e744ec5d65dbe9e7ffb6e39a96c0268bba65e4f0b1d04e2d2a42ccb71b45a6d',
}

const BullScript: z.ZodType<{ readonly content: string }> = z.object({ content: z.string() })

const require = createRequire(import.meta.url)

/** BullMQ's text of a script, includes resolved. @throws InfrastructureError `BULLMQ_INCOMPATIBLE` */
export function bullText(name: string): string {
  const scripts: unknown = require('bullmq/dist/cjs/scripts')
  const parsed = z.record(z.string(), z.unknown()).safeParse({ ...Object(scripts) })
  const script = BullScript.safeParse(parsed.data?.[name])
  if (script.success) return script.data.content
  throw new InfrastructureError('BULLMQ_INCOMPATIBLE', `BullMQ has no script "${name}".`, {
    hint: 'Install the BullMQ version that @pipewright/engine pins.',
  })
}

/** sha256 of a text, hex. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function ownText(file: string): string {
  return readFileSync(new URL(`../../lua/${file}.lua`, import.meta.url), 'utf8')
}

const texts = new Map<ScriptName, string>()
let prelude: (name: ScriptName) => string = () => ''

/**
 * Puts a text before every script. For tests of atomicity, which let a chosen write fail; nothing else may use it.
 * Scripts that were sent before are sent anew.
 */
export function setPrelude(make: (name: ScriptName) => string): void {
  prelude = make
  texts.clear()
}

let rewrite: (name: ScriptName, text: string) => string = (_name, text) => text

/**
 * Changes the text of every script before it is sent. For tests of the tests, which put mistakes into the scripts to see that
 * they are found; nothing else may use it.
 */
export function setRewrite(change: (name: ScriptName, text: string) => string): void {
  rewrite = change
  texts.clear()
}

/**
 * BullMQ's text without its event stream and the look-ups of that stream's length: seven commands a node run, for a stream
 * that is trimmed and may be missed. The outbox tells all of it, and loses nothing.
 */
function quiet(text: string): string {
  return text
    .replaceAll(/\brcall\("(XADD|XTRIM)"/g, 'unheard("$1"')
    .replaceAll('rcall("HGET", metaKey, "opts.maxLenEvents")', '10000')
}

/** Files in `lua/` that all scripts of runs share, in this order: each uses those before it. */
const sharedFiles: readonly string[] = ['ledger', 'admission', 'runs', 'edges', 'transitions']

/**
 * The full text of a script: BullMQ's texts as functions (KEYS and ARGV are their parameters), then the shared
 * functions of the ledger, then the script itself.
 */
export function scriptText(name: ScriptName): string {
  const known = texts.get(name)
  if (known !== undefined) return known
  const own = ownText(name)
  const files = apart.has(name) ? ['ledger'] : sharedFiles
  const shared = files.map(ownText).join('\n')
  const used = Object.keys(bullScripts).filter((bull) =>
    `${shared}${own}`.includes(`bull.${bull}(`),
  )
  const parts = used.map(
    (bull) => `bull.${bull} = function(KEYS, ARGV)\n${quiet(bullText(bull))}\nend`,
  )
  const text = rewrite(
    name,
    [prelude(name), 'local bull = {}', 'local function unheard() end', ...parts, shared, own].join(
      '\n',
    ),
  )
  texts.set(name, text)
  return text
}
