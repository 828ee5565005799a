import { dataProblem } from './gate.ts'
import type { KnownVersion, Measured } from './known-version.ts'
import type { Registry } from './registry.ts'

/** A value of two versions. */
export interface ComparedValue<Value> {
  readonly name: string
  readonly values: readonly [Value | undefined, Value | undefined]
}

/** Two versions side by side. */
export interface Comparison {
  readonly versions: readonly [KnownVersion, KnownVersion]
  /** Undefined when they were measured on the same data; else why they were not. */
  readonly dataProblem: string | undefined
  /** Whether they treat their rows alike: the same code and contract. */
  readonly sameCode: boolean
  readonly metrics: readonly ComparedValue<number>[]
  /** Params that differ. */
  readonly params: readonly ComparedValue<string>[]
}

/** Compares two versions of a model. @throws UsageError `MODEL_NOT_FOUND`, `MODEL_VERSION_NOT_FOUND` */
export async function compareVersions(
  registry: Registry,
  name: string,
  one: string,
  other: string,
): Promise<Comparison> {
  const versions = [await registry.version(name, one), await registry.version(name, other)] as const
  const measured = [
    await registry.measured(versions[0]),
    await registry.measured(versions[1]),
  ] as const
  const fingerprints = versions.map(({ tags }) => tags['pipewright.fingerprint'])
  return {
    versions,
    dataProblem: dataProblem(...versions),
    sameCode: fingerprints[0] !== undefined && fingerprints[0] === fingerprints[1],
    metrics: side(measured, ({ metrics }) => metrics),
    params: side(measured, ({ params }) => params).filter(
      ({ values: [first, second] }) => first !== second,
    ),
  }
}

function side<Value>(
  [one, other]: readonly [Measured, Measured],
  of: (measured: Measured) => Readonly<Record<string, Value>>,
): readonly ComparedValue<Value>[] {
  const names = new Set([...Object.keys(of(one)), ...Object.keys(of(other))])
  return [...names]
    .toSorted()
    .map((name) => ({ name, values: [of(one)[name], of(other)[name]] as const }))
}
