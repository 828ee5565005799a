import { UsageError } from '@pipewright/engine'

import { decide, type Candidate, type GateOptions, type Verdict } from './gate.ts'
import type { KnownVersion } from './known-version.ts'
import { challenger } from './register-models.ts'
import type { Registry } from './registry.ts'
import { promotedAtTag, promotedFromTag } from './version-tags.ts'

/** The alias of the version that is served. */
const champion = 'champion'

/** How to promote. */
export interface PromoteOptions extends GateOptions {
  /** Version or alias. Default `challenger`. */
  readonly version?: string | undefined
  /** Alias to give. Default `champion`. */
  readonly alias?: string | undefined
  /** Promotes whatever the gate says. */
  readonly force?: boolean | undefined
  /** Decides and changes nothing. */
  readonly dryRun?: boolean | undefined
}

/** What was, or would be, done. */
export interface Promotion {
  readonly version: KnownVersion
  /** The version that had the alias before. */
  readonly replaced: KnownVersion | undefined
  readonly verdict: Verdict
  readonly promoted: boolean
}

/**
 * Gives a version the alias `champion`, if the gate lets it through. The version remembers whom it replaced, for `rollback`.
 *
 * @throws UsageError `MODEL_NOT_FOUND`, `MODEL_VERSION_NOT_FOUND`
 */
export async function promote(
  registry: Registry,
  name: string,
  options: PromoteOptions = {},
): Promise<Promotion> {
  const alias = options.alias ?? champion
  const version = await registry.version(name, options.version ?? challenger)
  const replaced = await registry.findVersion(name, alias)
  const verdict = decide(
    await candidate(registry, version),
    replaced && (await candidate(registry, replaced)),
    options,
  )
  const isSame = replaced?.version === version.version
  const isAllowed = verdict.passed || (options.force === true && !isSame)
  const promoted = isAllowed && options.dryRun !== true
  if (promoted) await give(registry, alias, version, replaced)
  return { version, replaced, verdict, promoted }
}

async function give(
  registry: Registry,
  alias: string,
  version: KnownVersion,
  replaced: KnownVersion | undefined,
): Promise<void> {
  // The alias comes last: a process that ends before it has changed nothing that anybody follows.
  if (replaced !== undefined) await registry.setTag(version, promotedFromTag, replaced.version)
  await registry.setTag(version, promotedAtTag, new Date().toISOString())
  await registry.setAlias(alias, version)
  if (alias === champion && version.aliases.includes(challenger))
    await registry.removeAlias(version.name, challenger)
}

/**
 * Gives the alias back to the version that had it before, or to one that is named.
 *
 * @throws UsageError `MODEL_NOT_FOUND`, `MODEL_VERSION_NOT_FOUND`, `MODEL_NO_PREDECESSOR`
 */
export async function rollback(
  registry: Registry,
  name: string,
  options: { readonly to?: string | undefined; readonly alias?: string | undefined } = {},
): Promise<{ readonly from: KnownVersion | undefined; readonly to: KnownVersion }> {
  const alias = options.alias ?? champion
  const from = await registry.findVersion(name, alias)
  const target = options.to ?? from?.tags[promotedFromTag]
  if (target === undefined)
    throw new UsageError(
      'MODEL_NO_PREDECESSOR',
      from === undefined
        ? `No version of model "${name}" has the alias ${alias}, so there is nothing to take back.`
        : `Version ${from.version} of model "${name}" replaced no other when it became ${alias}.`,
      { hint: 'Name the version: pipewright models rollback NAME --to VERSION.' },
    )
  const to = await registry.version(name, target)
  await registry.setAlias(alias, to)
  return { from, to }
}

async function candidate(registry: Registry, version: KnownVersion): Promise<Candidate> {
  return { version, measured: await registry.measured(version) }
}
