/**
 * The shape of a map: how many elements each of its dimensions has, outermost first. Its elements have one number each, row by row:
 * in the shape `[2, 3]` element 4 is `[1][1]`.
 */
export type MapShape = readonly number[]

/** How many elements a map of this shape has. */
export function elementsOf(shape: MapShape): number {
  return shape.reduce((total, length) => total * length, 1)
}

/** The place of an element in each dimension, outermost first. */
export function placeOf(element: number, shape: MapShape): readonly number[] {
  const place: number[] = []
  let rest = element
  for (const length of shape.toReversed()) {
    place.unshift(rest % length)
    rest = Math.floor(rest / length)
  }
  return place
}

/** The instance of an element: `score[17]`, `fit[3][5]`. */
export function elementName(node: string, element: number, shape: MapShape): string {
  return (
    node +
    placeOf(element, shape)
      .map((index) => `[${index}]`)
      .join('')
  )
}

/** The node and place that an instance names; undefined when it names no element. */
export function parseElementName(
  instance: string,
): { readonly node: string; readonly place: readonly number[] } | undefined {
  const [, node, indexes] = /^([^[\]]+)((?:\[\d+\])+)$/.exec(instance) ?? []
  if (node === undefined || indexes === undefined) return undefined
  return { node, place: indexes.slice(1, -1).split('][').map(Number) }
}

/** The number of the element at a place; undefined when the shape has no such place. */
export function elementAt(place: readonly number[], shape: MapShape): number | undefined {
  if (place.length !== shape.length) return undefined
  let element = 0
  for (const [dimension, length] of shape.entries()) {
    const index = place[dimension] ?? 0
    if (index >= length) return undefined
    element = element * length + index
  }
  return element
}

/** What all elements have made, by their numbers, as a list of the map's shape: a list of lists for two dimensions. */
export function inShape(results: readonly unknown[], shape: MapShape): readonly unknown[] {
  const [length = 0, ...inner] = shape
  if (inner.length === 0) return results
  const size = elementsOf(inner)
  return Array.from({ length }, (_, index) =>
    inShape(results.slice(index * size, (index + 1) * size), inner),
  )
}
