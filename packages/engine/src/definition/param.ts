import * as z from 'zod'

import { PipelineError } from '../errors.ts'
import { assertName } from './name.ts'

/** A param that many nodes share under its bare name, such as a random seed. */
export interface Param<Name extends string = string, Type = unknown, Input = unknown> {
  readonly kind: 'param'
  readonly name: Name
  readonly schema: z.ZodType<Type, Input>
}

/**
 * Defines a param that many nodes share: it is set once, under its bare name (`--params seed=7`).
 *
 * @example
 * const seed = param('seed', z.int().default(1))
 * node({ name: 'train', params: { epochs: z.int().default(20), seed }, … })
 */
export function param<const Name extends string, Schema extends z.ZodType>(
  name: Name,
  schema: Schema,
): Param<Name, z.output<Schema>, z.input<Schema>> {
  assertName('param', name)
  return Object.freeze({
    kind: 'param',
    name,
    schema: schema as z.ZodType<z.output<Schema>, z.input<Schema>>,
  })
}

/** What a node may declare as `params`: a zod object, or a record of zod schemas and shared params. */
export type ParamsDeclaration = z.ZodObject | Readonly<Record<string, z.ZodType | Param>>

/** The type of `context.params` for a declaration. */
export type ParamsOf<Declaration> = Declaration extends z.ZodObject
  ? z.output<Declaration>
  : {
      readonly [Key in keyof Declaration]: Declaration[Key] extends Param<string, infer Type>
        ? Type
        : Declaration[Key] extends z.ZodType<infer Type>
          ? Type
          : never
    }

type FieldInput<Field> =
  Field extends Param<string, unknown, infer Input>
    ? Input
    : Field extends z.ZodType<unknown, infer Input>
      ? Input
      : never

/** The type in which params are given for a declaration: those with a default may be left out. */
export type ParamsInput<Declaration> = Declaration extends z.ZodObject
  ? Readonly<z.input<Declaration>>
  : {
      readonly [
        Key in keyof Declaration as undefined extends FieldInput<Declaration[Key]> ? never : Key
      ]: FieldInput<Declaration[Key]>
    } & {
      readonly [
        Key in keyof Declaration as undefined extends FieldInput<Declaration[Key]> ? Key : never
      ]?: FieldInput<Declaration[Key]>
    }

/** One param of a node, as the plan sees it. */
export interface ParamField {
  /** Key in `context.params`. */
  readonly key: string
  /** The name by which users set it: `train.epochs`, or `seed` for a shared one. */
  readonly name: string
  readonly schema: z.ZodType
  /** The node gets the value as it is kept, unparsed: to keep it again. Default false. */
  readonly raw?: boolean
}

/** Lists a node's params with the names by which users set them. @throws PipelineError `PARAMS_REFINED` */
export function paramFields(
  node: string,
  declaration: ParamsDeclaration | undefined,
): readonly ParamField[] {
  if (declaration === undefined) return []
  const isObject = declaration instanceof z.ZodObject
  if (isObject && declaration.def.checks?.length) throw refined(node)
  const shape: Readonly<Record<string, unknown>> = isObject ? declaration.shape : declaration
  return Object.entries(shape).map(([key, declared]) => {
    if (isParam(declared)) return { key, name: declared.name, schema: declared.schema }
    // The declaration's type allows nothing else than schemas and shared params.
    return { key, name: `${node}.${key}`, schema: declared as z.ZodType }
  })
}

function refined(node: string): PipelineError {
  return new PipelineError(
    'PARAMS_REFINED',
    `Node "${node}" declares params as a zod object with a rule over the whole object, which is never applied.`,
    {
      hint: 'Params are set one by one: make what belongs together one param, or check it in run.',
    },
  )
}

function isParam(value: unknown): value is Param {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'param'
}
