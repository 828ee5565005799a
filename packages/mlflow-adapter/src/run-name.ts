import { createHash } from 'node:crypto'

import type { RunHeader } from '@pipewright/engine/internal'

import type { AdapterSettings } from './settings.ts'
import { cut, textOf } from './value.ts'

const random = '${km.random_name:}'
const adjectives =
  'amber brave brisk calm clear crisp dapper eager early fair fleet fond gentle glad golden grand hardy honest keen kind lively lucid merry mild nimble noble plucky quick quiet rapid ready robust rosy sage serene silver sleek smart snug solid spry stout sunny swift tidy trim vivid warm wise witty young zesty bold bright cosy deft eminent frank hearty jolly neat proud'
const animals =
  'auk bear beaver bison bittern buzzard carp crane crow curlew deer dipper dove duck eagle egret elk falcon ferret finch fox gannet goose grebe gull hare hawk heron ibis jay kestrel kite lark linnet lynx magpie marten merlin mole moose newt otter owl oyster perch pike plover puffin quail raven robin rook salmon seal shrew snipe sparrow stoat stork swan swift tern thrush trout'

const longest = 250

/** What a name may be made of. */
type NamedRun = Pick<RunHeader, 'id' | 'pipeline' | 'env' | 'createdAt' | 'params' | 'tags'>

/**
 * What the parent run of a run is called. `{pipeline}`, `{env}`, `{date}`, `{time}` (UTC), `{params.NAME}` and `{tags.NAME}` stand
 * for what they say. A random name depends on the run alone. So the name stays the same when it is written again.
 */
export function runName(
  { runName: name }: Pick<AdapterSettings, 'runName'>,
  run: NamedRun,
): string {
  if (name === undefined) return run.pipeline
  const named = name.includes(random) ? name.replaceAll(random, randomName(run.id)) : name
  return cut(
    named.replaceAll(/\{(?<what>[^{}]+)\}/g, (all, what: string) => fact(run, what) ?? all),
    longest,
  )
}

/** What a placeholder stands for. One that the run does not have stays, so that it is seen. */
function fact(run: NamedRun, what: string): string | undefined {
  const moment = new Date(run.createdAt).toISOString()
  const known: Readonly<Record<string, string>> = {
    pipeline: run.pipeline,
    env: run.env,
    date: moment.slice(0, 10),
    time: moment.slice(11, 16),
  }
  if (Object.hasOwn(known, what)) return known[what]
  const [, kind, name = ''] = /^(params|tags)\.(.+)$/.exec(what) ?? []
  const values: Readonly<Record<string, unknown>> = kind === 'params' ? run.params : run.tags
  return kind !== undefined && Object.hasOwn(values, name) ? textOf(values[name]) : undefined
}

function randomName(seed: string): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = createHash('sha256').update(seed).digest()
  return `${pick(adjectives, first)}-${pick(animals, second)}-${(third * 256 + fourth) % 1000}`
}

function pick(words: string, at: number): string {
  const list = words.split(' ')
  return list[at % list.length] ?? ''
}
