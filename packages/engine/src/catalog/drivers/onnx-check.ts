/** Fields of a ModelProto that every model has. */
const version = 1
const graph = 7

/** How a field's bytes are laid out, as the lowest three bits of its tag say. */
const varint = 0
const fixed64 = 1
const delimited = 2
const fixed32 = 5

/**
 * Why bytes are no ONNX model; undefined when they look like one. Its fields are walked and nothing inside them is read: a
 * file that was cut, or is of another kind, does not pass.
 */
export function notOnnx(bytes: Uint8Array): string | undefined {
  const seen = new Set<number>()
  let at = 0
  while (at < bytes.byteLength) {
    const tag = readVarint(bytes, at)
    if (tag === undefined) return 'it ends within a field'
    const field = Math.floor(tag.value / 8)
    const end = endOf(bytes, tag.end, tag.value % 8)
    if (end === undefined || field === 0) return 'it is not made of protobuf fields'
    if (end > bytes.byteLength) return 'it ends within a field'
    seen.add(field)
    at = end
  }
  if (!seen.has(version)) return 'it has no version of ONNX'
  return seen.has(graph) ? undefined : 'it has no graph'
}

/** Where a field's value ends; undefined for a layout that protobuf does not have. */
function endOf(bytes: Uint8Array, start: number, layout: number): number | undefined {
  switch (layout) {
    case varint:
      return readVarint(bytes, start)?.end ?? Infinity
    case fixed64:
      return start + 8
    case fixed32:
      return start + 4
    case delimited: {
      const length = readVarint(bytes, start)
      return length === undefined ? Infinity : length.end + length.value
    }
    default:
      return undefined
  }
}

function readVarint(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[start + index]
    if (byte === undefined) return undefined
    // Not by shifts: they end at 32 bits, and models at 2 GiB.
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, end: start + index + 1 }
  }
  return undefined
}
