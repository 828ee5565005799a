const endSignature = 0x06054b50
const entrySignature = 0x02014b50
/** An archive ends with its directory's end, behind which there may be a comment of 64 KiB. */
const longestEnd = 22 + 65_535

/**
 * How many bytes a zip archive says that its files are, unpacked; undefined for what is no archive. Readers that hold it to
 * that are safe from archives that unpack to more than there is memory.
 */
export function unpackedSize(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = findEnd(view)
  if (end === undefined) return undefined
  const entries = view.getUint16(end + 10, true)
  let at = view.getUint32(end + 16, true)
  let size = 0
  for (let entry = 0; entry < entries; entry += 1) {
    if (at + 46 > end || view.getUint32(at, true) !== entrySignature) return undefined
    size += view.getUint32(at + 24, true)
    at +=
      46 +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true)
  }
  return size
}

function findEnd(view: DataView): number | undefined {
  const first = Math.max(0, view.byteLength - longestEnd)
  for (let at = view.byteLength - 22; at >= first; at -= 1)
    if (view.getUint32(at, true) === endSignature) return at
  return undefined
}
