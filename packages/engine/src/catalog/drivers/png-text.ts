import { crc32 } from 'node:zlib'

const signatureBytes = 8
/** Length, name and checksum of a chunk, beside its data. */
const chunkOverhead = 12

interface Chunk {
  readonly name: string
  readonly data: Buffer
  /** Where it begins in the file. */
  readonly start: number
}

/** The same picture with a text in it, right before its end. */
export function withPngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  const file = asBuffer(png)
  const end = [...chunksOf(file)].find(({ name }) => name === 'IEND')?.start ?? file.byteLength
  // A keyword, then: not compressed, by no method, of no language, without a translated keyword.
  const data = Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text)])
  return Buffer.concat([file.subarray(0, end), chunkOf('iTXt', data), file.subarray(end)])
}

/** The text that `withPngText` put in; undefined when there is none. */
export function pngText(png: Uint8Array, keyword: string): string | undefined {
  const head = Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1')
  for (const { name, data } of chunksOf(asBuffer(png))) {
    if (name !== 'iTXt' || !data.subarray(0, head.byteLength).equals(head)) continue
    return data.subarray(head.byteLength).toString('utf8')
  }
  return undefined
}

function* chunksOf(file: Buffer): Generator<Chunk> {
  for (let start = signatureBytes; start + chunkOverhead <= file.byteLength;) {
    const length = file.readUInt32BE(start)
    const end = start + chunkOverhead + length
    if (end > file.byteLength) return
    const name = file.toString('latin1', start + 4, start + 8)
    yield { name, data: file.subarray(start + 8, start + 8 + length), start }
    start = end
  }
}

function chunkOf(name: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(chunkOverhead + data.byteLength)
  chunk.writeUInt32BE(data.byteLength, 0)
  chunk.write(name, 4, 'latin1')
  data.copy(chunk, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.byteLength)), 8 + data.byteLength)
  return chunk
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
