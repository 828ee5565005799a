import { datasetOf } from '../definition/variant.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { Driver } from './driver.ts'

/** Forms of which any bytes are, so that one may be read as the other: a table as its text, text as a table. */
const shapeless = new Set(['text', 'bytes'])

/**
 * The driver that reads what another variant of a dataset wrote (`rows@csv` of `rows@text`): its own where the bytes are of its
 * form, as Kedro reads one file by two types; else that of the writer, so that the rows of `rows@arrow` are read as `rows@csv`.
 *
 * @param written The driver that wrote.
 * @param own That of the reader's entry in the catalog, if it has one.
 */
export function variantDriver(
  reference: DatasetReference,
  name: string,
  written: Driver,
  own: Driver | undefined,
): Driver {
  if (own === undefined || name === reference.dataset) return written
  if (datasetOf(name) !== datasetOf(reference.dataset)) return written
  const fits = own.name === written.name || shapeless.has(own.name) || shapeless.has(written.name)
  return fits ? own : written
}
