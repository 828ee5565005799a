import type * as Arrow from 'apache-arrow'

import type { Dataset } from '../../definition/dataset.ts'
import { ColumnBuilder } from './cell-columns.ts'
import type { CellType } from './cell-type.ts'
import { openArrow } from './open-arrow.ts'
import { assertRows } from './row-names.ts'

/** Names the extension type of the Arrow project whose values are texts of JSON. */
const jsonMetadata = new Map([
  ['ARROW:extension:name', 'arrow.json'],
  ['ARROW:extension:metadata', ''],
])

/** An Arrow IPC file of a table. @throws DatasetError `DATASET_NOT_ENCODABLE` */
export async function writeArrow(value: unknown, dataset: Dataset): Promise<Uint8Array> {
  assertRows(value, dataset, 'Arrow')
  const builder = new ColumnBuilder(dataset, 'Arrow', value)
  const columns = builder.values(value)
  const arrow = await openArrow()
  const fields = builder.columns.map(
    ({ name, type, optional }) =>
      new arrow.Field(
        name,
        arrowType(arrow, type),
        optional,
        type === 'json' ? jsonMetadata : undefined,
      ),
  )
  const schema = new arrow.Schema(fields)
  if (fields.length === 0) return arrow.tableToIPC(new arrow.Table(schema), 'file')
  const children = fields.map((field, index) => {
    const { type } = builder.columns[index] ?? { type: 'text' }
    const values = (columns[index] ?? []).map((cell) => stored(cell, type))
    return arrow.vectorFromArray(values, field.type).data[0] ?? arrow.makeData({ type: field.type })
  })
  const struct = arrow.makeData({
    type: new arrow.Struct(fields),
    length: value.length,
    nullCount: 0,
    children,
  })
  return arrow.tableToIPC(new arrow.Table(schema, new arrow.RecordBatch(schema, struct)), 'file')
}

function arrowType(arrow: typeof Arrow, type: CellType): Arrow.DataType {
  switch (type) {
    case 'double':
      return new arrow.Float64()
    case 'long':
    case 'bigint':
      return new arrow.Int64()
    case 'boolean':
      return new arrow.Bool()
    case 'timestamp':
      return new arrow.TimestampMillisecond('UTC')
    case 'text':
    case 'json':
      return new arrow.Utf8()
    case 'bytes':
      return new arrow.Binary()
    default:
      return type satisfies never
  }
}

function stored(value: unknown, type: CellType): unknown {
  if (value === null) return null
  if (type === 'long') return BigInt(Number(value))
  return type === 'json' ? JSON.stringify(value) : value
}
