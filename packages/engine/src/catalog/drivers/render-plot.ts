import type { TopLevelSpec } from 'vega-lite'

import { optionalPackage } from '../optional-package.ts'

const user = 'The type plot'
const packages = 'vega vega-lite'

/**
 * Draws a specification of Vega-Lite; no browser and no canvas are needed. Data that lie elsewhere are not fetched: a plot is
 * made of what it holds.
 *
 * @throws ConfigError `PACKAGE_MISSING`; the library's own error for a specification that is none.
 */
export async function renderSvg(spec: object): Promise<string> {
  const [{ parse, View, loader, resetSVGDefIds }, { compile }] = await Promise.all([
    optionalPackage('vega', user, async () => await import('vega'), packages),
    optionalPackage('vega-lite', user, async () => await import('vega-lite'), packages),
  ])
  // Names of clips and gradients are counted up over the life of the process.
  resetSVGDefIds()
  // The library checks what it is given, and says what is wrong.
  const { spec: drawn } = compile(spec as TopLevelSpec)
  const elsewhere = drawn.data?.find((data) => 'url' in data)
  if (elsewhere !== undefined) throw notInside(elsewhere.name)
  const view = new View(parse(drawn), {
    renderer: 'none',
    loader: refusing(loader()),
  })
  try {
    await view.runAsync()
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

type Loader = ReturnType<(typeof import('vega'))['loader']>

/** A specification may name any file and any address. */
async function refuse(uri: string): Promise<never> {
  throw await Promise.resolve(notInside(uri))
}

function refusing(loader: Loader): Loader {
  return { ...loader, load: refuse, file: refuse, http: refuse }
}

function notInside(what: string): Error {
  return new Error(`its data ${what.slice(0, 200)} lie elsewhere: put them into the specification`)
}

/** The pixels of an SVG. @throws ConfigError `PACKAGE_MISSING` */
export async function renderPng(svg: string, scale: number): Promise<Uint8Array> {
  const name = '@resvg/resvg-js'
  const { Resvg } = await optionalPackage(
    name,
    'A plot as PNG',
    async () => await import('@resvg/resvg-js'),
  )
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: scale }, background: 'white' })
    .render()
    .asPng()
}
