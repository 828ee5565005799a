import type { z } from 'zod'

import type { Dataset, Value } from './dataset.ts'
import type { Param } from './param.ts'

/** What the types of a pipeline know beside its name. Of nodes that were made in a loop they know nothing. */
export interface PipelineTypes {
  /** Params as they may be given, nested or by flat name, all optional: `parameters.yml` may set them. */
  readonly params: unknown
  /** Datasets that its nodes make: name -> value. */
  readonly made: unknown
  /** Names of datasets that its nodes read. */
  readonly read: string
}

/** The types of a pipeline of these nodes and pipelines. */
export interface TypesOf<Parts extends readonly unknown[]> {
  readonly params: Joined<PartParams<Parts[number]>>
  readonly made: Joined<PartMade<Parts[number]>>
  readonly read: PartRead<Parts[number]>
}

type Loose = Readonly<Record<string, unknown>>

interface Typed {
  readonly types?: PipelineTypes
}

/** What may be given as params of a pipeline: `PipelineParams<typeof training>`. */
export type PipelineParams<P extends Typed> =
  NonNullable<P['types']> extends { readonly params: infer Params }
    ? unknown extends Params
      ? Loose
      : Readonly<Params>
    : Loose

/** All that a run of a pipeline makes, by name: `PipelineOutputs<typeof training>`. */
export type PipelineOutputs<P extends Typed> =
  NonNullable<P['types']> extends { readonly made: infer Made }
    ? unknown extends Made
      ? Loose
      : Made
    : Loose

/** What a value is as JSON, unchecked: a date is a text. */
export type AsJson<Value> = unknown extends Value
  ? unknown
  : Value extends { toJSON(): infer Text }
    ? Text
    : Value extends object
      ? { [Key in keyof Value]: AsJson<Value[Key]> }
      : Value

/** What a run of a pipeline makes and none of its nodes reads, by name: `PipelineResult<typeof training>`. */
export type PipelineResult<P extends Typed> =
  NonNullable<P['types']> extends {
    readonly made: infer Made
    readonly read: infer Read
  }
    ? unknown extends Made
      ? Loose
      : string extends Read
        ? Loose
        : { readonly [Name in Exclude<keyof Made, Read>]: Made[Name] }
    : Loose

/** All of a union at once; unknown when one of it is. */
type Joined<Union> = unknown extends Union
  ? unknown
  : (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
    ? All
    : never

type PartParams<Part> = Part extends { readonly nodes: unknown; readonly types?: infer Types }
  ? NonNullable<Types> extends { readonly params: infer Params }
    ? Params
    : unknown
  : Part extends { readonly name: infer Name extends string; readonly declared?: infer Declared }
    ? NodeParams<Name, NonNullable<Declared>>
    : unknown

type NodeParams<Name extends string, Declared> = unknown extends Declared
  ? unknown
  : keyof Declared extends never
    ? object
    : string extends Name
      ? unknown
      : Declared extends z.ZodObject
        ? Own<Name, z.input<Declared>>
        : Own<Name, OwnInput<Declared>> & SharedInput<Declared>

type Own<Name extends string, Input> = {
  readonly [Key in Name]?: { readonly [Field in keyof Input]?: Input[Field] }
} & { readonly [Field in keyof Input & string as `${Name}.${Field}`]?: Input[Field] }

type OwnInput<Declared> = {
  readonly [
    Key in keyof Declared as Declared[Key] extends Param ? never : Key
  ]: Declared[Key] extends z.ZodType<unknown, infer Input> ? Input : never
}

type SharedInput<Declared> = {
  readonly [
    Key in keyof Declared as Declared[Key] extends Param<infer Name> ? Name : never
  ]?: Declared[Key] extends Param<string, unknown, infer Input> ? Input : never
}

type PartMade<Part> = Part extends { readonly nodes: unknown; readonly types?: infer Types }
  ? NonNullable<Types> extends { readonly made: infer Made }
    ? Made
    : unknown
  : Part extends { readonly outputs: infer Outputs }
    ? {
        readonly [
          Key in keyof Outputs as Outputs[Key] extends Dataset<infer Name> ? Name : never
        ]: Outputs[Key] extends Dataset ? Value<Outputs[Key]> : never
      }
    : unknown

type PartRead<Part> = Part extends { readonly nodes: unknown; readonly types?: infer Types }
  ? NonNullable<Types> extends { readonly read: infer Read extends string }
    ? Read
    : string
  : Part extends { readonly inputs: infer Inputs }
    ? [keyof Inputs] extends [never]
      ? never
      : Inputs[keyof Inputs] extends Dataset<infer Name>
        ? Name
        : string
    : string
