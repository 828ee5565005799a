import * as z from 'zod'

/** What a cell of a column can be, as the dataset's schema says. */
export interface Column {
  readonly kinds: ReadonlySet<CellKind>
  /** Texts that stand for one value each: enums and literals. */
  readonly literals: ReadonlyMap<string, unknown>
  /** An empty cell is null. */
  readonly nullable: boolean
  /** An empty cell, or no such column, is undefined. */
  readonly optional: boolean
  /** Numbers are whole. */
  readonly whole?: true
  /** The schema takes anything: formats that know types keep the value's own. */
  readonly open?: true
}

/** `nested` is what no cell can hold: an object, a list. */
export type CellKind = 'number' | 'bigint' | 'boolean' | 'date' | 'string' | 'nested'

/** The columns of a table, as its schema says. */
export interface Columns {
  /** In the order of the schema. */
  readonly named: ReadonlyMap<string, Column>
  /** What columns that the schema does not name hold. */
  readonly others: Column
  /** Rows have no columns but the named ones. */
  readonly closed: boolean
}

const plainText: Column = { ...column(['string']), open: true }
const anything: Columns = { named: new Map(), others: plainText, closed: false }

/** The columns that a schema of an array of objects declares; undefined when it is another kind of schema. */
export function columnsOf(schema: z.core.$ZodType): Columns | undefined {
  const array = unwrap(schema)
  if (isOpen(array)) return anything
  if (!(array instanceof z.ZodArray)) return undefined
  const row = unwrap(array.element)
  if (isOpen(row)) return anything
  if (row instanceof z.ZodRecord) {
    return { named: new Map(), others: describe(row.valueType), closed: false }
  }
  if (!(row instanceof z.ZodObject)) return undefined
  const { shape, catchall } = row.def
  const named = new Map(Object.entries(shape).map(([name, cell]) => [name, describe(cell)]))
  const closed = catchall === undefined || catchall instanceof z.ZodNever
  return { named, others: closed ? plainText : describe(catchall), closed }
}

/** What lies under wrappers that say nothing about the form. Of a codec, the side that is written. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = innerOf(schema)
  return inner === undefined ? schema : unwrap(inner)
}

/** What a wrapper holds; undefined for a schema that is none. */
function innerOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  ) {
    return schema.def.innerType
  }
  if (schema instanceof z.ZodPipe) return schema.def.in
  return schema instanceof z.ZodLazy ? schema.def.getter() : undefined
}

function describe(schema: z.core.$ZodType): Column {
  const inner = innerOf(schema)
  if (inner === undefined) return schema instanceof z.ZodUnion ? union(schema) : single(schema)
  const found = describe(inner)
  if (schema instanceof z.ZodNullable) return { ...found, nullable: true }
  if (schema instanceof z.ZodNonOptional) return { ...found, optional: false }
  const fills = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
  return fills || schema instanceof z.ZodOptional ? { ...found, optional: true } : found
}

function union(schema: z.ZodUnion): Column {
  const options = schema.def.options.map(describe)
  return {
    ...(options.every((option) => option.whole ?? !option.kinds.has('number')) && { whole: true }),
    kinds: new Set(options.flatMap((option) => [...option.kinds])),
    literals: new Map(options.flatMap((option) => [...option.literals])),
    nullable: options.some((option) => option.nullable),
    optional: options.some((option) => option.optional),
  }
}

function single(schema: z.core.$ZodType): Column {
  if (schema instanceof z.ZodNumber)
    return { ...column(['number']), ...(schema.isInt && { whole: true }) }
  if (schema instanceof z.ZodBigInt) return column(['bigint'])
  if (schema instanceof z.ZodBoolean) return column(['boolean'])
  if (schema instanceof z.ZodDate) return column(['date'])
  if (schema instanceof z.ZodEnum) return literals(Object.values(schema.def.entries))
  if (schema instanceof z.ZodLiteral) return literals(schema.def.values)
  if (schema instanceof z.ZodNull) return { ...column([]), nullable: true }
  if (schema instanceof z.ZodUndefined) return { ...column([]), optional: true }
  if (isOpen(schema)) return plainText
  if (isText(schema)) return column(['string'])
  return column(['nested'])
}

function column(kinds: readonly CellKind[]): Column {
  return { kinds: new Set(kinds), literals: new Map(), nullable: false, optional: false }
}

function literals(values: readonly z.core.util.Literal[]): Column {
  const texts = values.filter((value) => value !== null && value !== undefined)
  return {
    kinds: new Set(),
    literals: new Map(texts.map((value) => [String(value), value])),
    nullable: values.includes(null),
    optional: values.includes(undefined),
  }
}

function isText(schema: z.core.$ZodType): boolean {
  // `z.email()` and other formats are kinds of text of their own.
  return (
    schema instanceof z.ZodString ||
    schema instanceof z.ZodStringFormat ||
    schema instanceof z.ZodTemplateLiteral
  )
}

/** Schemas that take anything: cells stay text. */
function isOpen(schema: z.core.$ZodType): boolean {
  return (
    schema instanceof z.ZodAny ||
    schema instanceof z.ZodUnknown ||
    schema instanceof z.ZodCustom ||
    schema instanceof z.ZodTransform
  )
}
