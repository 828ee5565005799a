import * as z from 'zod'

import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, DriverSettings } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
import { assertJson } from './assert-json.ts'
import { pngText, withPngText } from './png-text.ts'
import { renderPng, renderSvg } from './render-plot.ts'

const SaveArgs = z.strictObject({
  format: z.enum(['svg', 'png', 'json']).optional(),
  /** Pixels of a PNG for each unit of the plot. */
  scale: z.number().positive().max(10).optional(),
})
const LoadArgs = z.strictObject({
  // A picture says itself of which format it is.
  format: unheeded,
})

type Format = NonNullable<z.output<typeof SaveArgs>['format']>

const mediaTypes: Readonly<Record<Format, string>> = {
  svg: 'image/svg+xml',
  png: 'image/png',
  json: 'application/json',
}
/** Under this name pictures carry the specification of the plot, so that it can be read back and drawn again. */
const keyword = 'vega-lite'
const metadata = /<metadata id="vega-lite">([A-Za-z0-9+/=]*)<\/metadata>/

function plotDriver(format: Format, scale: number): Driver {
  return {
    name: 'plot',
    extension: `.${format}`,
    mediaType: mediaTypes[format],
    text: format !== 'png',
    async encode(value, dataset) {
      assertJson(value, dataset.name)
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw refused(dataset, 'no object, as a specification of Vega-Lite is')
      const spec = JSON.stringify(value)
      if (format === 'json') return Buffer.from(spec, 'utf8')
      // A copy: the library marks the rows that it draws.
      const svg = await attempt(dataset, async () => await renderSvg(JSON.parse(spec)))
      if (format === 'svg') return Buffer.from(withMetadata(svg, spec), 'utf8')
      return withPngText(await renderPng(svg, scale), keyword, spec)
    },
    decode(bytes, dataset, where) {
      const spec = specOf(bytes)
      try {
        if (spec !== undefined) return JSON.parse(spec)
      } catch (error) {
        throw notDecodable(dataset, where, error instanceof Error ? error.message : '', error)
      }
      throw notDecodable(
        dataset,
        where,
        'it is no plot: no picture that carries its specification.',
      )
    },
    configure,
    settings: format === 'svg' ? undefined : { format },
  }
}

function configure({ load, save, filepath }: DriverSettings): Driver {
  driverSettings(LoadArgs, load, 'load_args of a plot dataset')
  const { format, scale } = driverSettings(SaveArgs, save, 'save_args of a plot dataset')
  const named = /\.(svg|png|json)$/i.exec(filepath ?? '')?.[1]?.toLowerCase()
  // The expression knows the same three.
  return plotDriver(format ?? (named as Format | undefined) ?? 'svg', scale ?? 2)
}

function withMetadata(svg: string, spec: string): string {
  const text = Buffer.from(spec, 'utf8').toString('base64')
  return svg.replace(/(<svg[^>]*>)/, `$1<metadata id="vega-lite">${text}</metadata>`)
}

/** The specification in a picture, or the text itself where it is one. */
function specOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0x89) return pngText(bytes, keyword)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const found = metadata.exec(text)?.[1]
  if (found !== undefined) return Buffer.from(found, 'base64').toString('utf8')
  return text.trimStart().startsWith('{') ? text : undefined
}

async function attempt(dataset: Dataset, draw: () => Promise<string>): Promise<string> {
  try {
    return await draw()
  } catch (error) {
    if (error instanceof DatasetError || isMissingPackage(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw refused(dataset, `a specification that Vega-Lite cannot draw (${reason.slice(0, 300)})`)
  }
}

function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'PACKAGE_MISSING'
}

function refused({ name }: Dataset, what: string): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${name}' cannot be written as a plot: at / is ${what}.`,
    { dataset: name, hint: 'Return a specification of Vega-Lite with its data in it.' },
  )
}

/**
 * A plot, as its specification in Vega-Lite: drawn as SVG (default), as PNG, or kept as JSON, by the end of its path. Pictures
 * carry the specification, so a plot that was saved is read back as what was drawn.
 */
export const plot: Driver = plotDriver('svg', 2)
