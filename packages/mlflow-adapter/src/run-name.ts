import { createHash } from 'node:crypto'

import type { AdapterSettings } from './settings.ts'

const random = '${km.random_name:}'
const adjectives =
  'amber brave brisk calm clear crisp dapper eager early fair fleet fond gentle glad golden grand hardy honest keen kind lively lucid merry mild nimble noble plucky quick quiet rapid ready robust rosy sage serene silver sleek smart snug solid spry stout sunny swift tidy trim vivid warm wise witty young zesty bold bright cosy deft eminent frank hearty jolly neat proud'
const animals =
  'auk bear beaver bison bittern buzzard carp crane crow curlew deer dipper dove duck eagle egret elk falcon ferret finch fox gannet goose grebe gull hare hawk heron ibis jay kestrel kite lark linnet lynx magpie marten merlin mole moose newt otter owl oyster perch pike plover puffin quail raven robin rook salmon seal shrew snipe sparrow stoat stork swan swift tern thrush trout'

/** What the parent run of a run is called. A random name depends on the run alone, so it stays the same when it is written again. */
export function runName(
  { runName: name }: Pick<AdapterSettings, 'runName'>,
  { id, pipeline }: { readonly id: string; readonly pipeline: string },
): string {
  if (name === undefined) return pipeline
  return name.includes(random) ? name.replaceAll(random, randomName(id)) : name
}

function randomName(seed: string): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = createHash('sha256').update(seed).digest()
  return `${pick(adjectives, first)}-${pick(animals, second)}-${(third * 256 + fourth) % 1000}`
}

function pick(words: string, at: number): string {
  const list = words.split(' ')
  return list[at % list.length] ?? ''
}
