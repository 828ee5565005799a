import { readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'

import { DatasetError } from '../errors.ts'
import { isAbsent } from './local-file.ts'
import {
  storageAddress,
  type BucketAddress,
  type HttpAddress,
  type StorageAddress,
} from './storage-address.ts'

/** A place from which single runs may take their inputs. */
export interface AllowedInput {
  /** A folder, or an address and all that is under it. */
  readonly filepath: string
  /** Key of `credentials.yml` for what lies there. */
  readonly credentials?: string | undefined
}

/** What of a project's folder nobody who enqueues is to read: settings with their secrets, and hidden files. */
const closed = /(?:^|[/\\])\.|^conf(?:[/\\]|$)|^node_modules(?:[/\\]|$)/

/**
 * The rule that lets a run take an input from a place. Whoever may enqueue names the place, so it lies in the project's
 * folder (without `conf`, `node_modules` and hidden files), or under one that `pipewright.yml` allows. Links are followed
 * before they are judged.
 *
 * @throws DatasetError `RUN_INPUT_REFUSED`
 */
export function allowInput(
  dataset: string,
  filepath: string,
  root: string,
  allowed: readonly AllowedInput[],
): AllowedInput {
  const place = storageAddress(filepath, root)
  const rule = place && allowed.find((each) => covers(each, place, root))
  if (rule !== undefined) return rule
  if (place?.kind === 'local' && isOpen(wayBetween(root, place.path))) return { filepath: root }
  throw new DatasetError(
    'RUN_INPUT_REFUSED',
    `The run wants to read dataset '${dataset}' from ${JSON.stringify(shown(filepath))}, which is not allowed here.`,
    {
      dataset,
      hint: 'Inputs of a run lie in the project’s folder, or where pipewright.yml says: inputs: { allow: [s3://bucket/incoming] }.',
    },
  )
}

function covers({ filepath }: AllowedInput, place: StorageAddress, root: string): boolean {
  const rule = storageAddress(filepath, root)
  if (rule === undefined || rule.kind !== place.kind) return false
  if (rule.kind === 'local' && place.kind === 'local') {
    const way = wayBetween(rule.path, place.path)
    return way === '' || isInside(way)
  }
  if (rule.kind === 'http' && place.kind === 'http') return isUnderUrl(rule, place)
  if (isBucket(rule) && isBucket(place))
    return (
      rule.bucket === place.bucket &&
      rule.account === place.account &&
      isUnder(rule.path, place.path)
    )
  return false
}

function isUnderUrl({ url: rule }: HttpAddress, { url }: HttpAddress): boolean {
  // A server may take these for "/" or "..", and then what is asked for lies elsewhere.
  if (/%2f|%5c|%2e/i.test(url.pathname)) return false
  return (
    rule.origin === url.origin &&
    isUnder(rule.pathname.replace(/^\/|\/$/g, ''), url.pathname.slice(1))
  )
}

function isBucket(place: StorageAddress): place is BucketAddress {
  return place.kind !== 'local' && place.kind !== 'http'
}

function isUnder(folder: string, path: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

function isInside(way: string | undefined): way is string {
  return way !== undefined && way !== '..' && !way.startsWith(`..${sep}`) && !way.startsWith(sep)
}

function isOpen(way: string | undefined): boolean {
  return isInside(way) && way !== '' && !closed.test(way)
}

/**
 * Where a path leads when all links are followed; what is not there is judged by the folder that it would be in. Undefined
 * for what can be no path, and for links that lead in a circle.
 */
function real(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch (error) {
    const folder = dirname(path)
    if (!isAbsent(error) || folder === path) return undefined
    const target = linkTarget(path)
    if (target !== undefined) return real(resolve(folder, target))
    const above = real(folder)
    return above && join(above, basename(path))
  }
}

/** The way from a folder to a path, with all links followed. */
function wayBetween(folder: string, path: string): string | undefined {
  const [from, to] = [real(folder), real(path)]
  return from === undefined || to === undefined ? undefined : relative(from, to)
}

/** Where a link leads, also to what is not there; undefined for what is none. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** Without a query, which may be a signature, and without a user. */
function shown(filepath: string): string {
  return filepath
    .slice(0, 200)
    .replace(/^(https?:\/\/)[^/?#]*@/i, '$1')
    .replace(/^(https?:[^?#]*)[?#].*$/is, '$1')
}
