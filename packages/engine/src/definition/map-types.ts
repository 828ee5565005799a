import type { Dataset, Partitions, Value } from './dataset.ts'
import type { Datasets } from './node.ts'

/** One partition as an element of a map. */
export interface PartitionElement<Type = unknown> {
  readonly id: string
  readonly value: Type
}

/** What a map over a value gives to its node each time; never, when the value has no elements. */
export type Element<Whole> = Whole extends readonly (infer Item)[]
  ? Item
  : Whole extends Partitions<infer Type>
    ? PartitionElement<Type>
    : never

/** The list of what all elements have made; `null` for those that failed and may. */
export type Collected<Type, Tolerate extends number> = 0 extends Tolerate
  ? Tolerate extends 0
    ? Type[]
    : (Type | null)[]
  : (Type | null)[]

/** The outputs of a map. */
export type MappedOutputs<O extends Datasets, Into, Tolerate extends number> = {
  readonly [Key in keyof O]: Key extends keyof Into
    ? Into[Key] extends Dataset
      ? Into[Key]
      : never
    : O[Key] extends Dataset<infer Name>
      ? Dataset<Name, Collected<Value<O[Key]>, Tolerate>>
      : never
}
