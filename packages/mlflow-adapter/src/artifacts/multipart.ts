import { basename, dirname } from 'node:path/posix'

import { MlflowError } from '../failure.ts'
import type { Http } from '../http.ts'
import {
  abortMultipart,
  completeMultipart,
  createMultipart,
  type SentPart,
} from '../rest/artifacts.ts'
import type { UploadBody } from '../upload-body.ts'

/** A storage takes at most 10,000 parts. */
const mostParts = 10_000

/** The storage behind the server did not take a part: the server itself may still take the whole. */
export class PartRefused extends Error {
  constructor(cause: MlflowError) {
    super(cause.message, { cause })
    this.name = 'PartRefused'
  }
}

/**
 * Uploads a body in parts, past the server, straight to its storage. The body is read once, from its beginning to its end; a part is
 * not sent a second time, for the whole is repeated in another way when one fails.
 *
 * @param file Path below the root of the server's artifacts. @param smallest Smallest part, in bytes.
 * @throws PartRefused, MlflowError, or whatever reading the body throws
 */
export async function uploadInParts(
  http: Http,
  file: string,
  {
    body,
    bytes,
    smallest,
  }: { readonly body: UploadBody; readonly bytes: number; readonly smallest: number },
): Promise<void> {
  const folder = dirname(file)
  const path = basename(file)
  const size = Math.max(smallest, Math.ceil(bytes / mostParts))
  const request = { path, num_parts: Math.max(1, Math.ceil(bytes / size)) }
  const { upload_id, credentials } = await http.call(createMultipart(folder), request)
  const cutter = new Cutter(body.open())
  try {
    const parts: SentPart[] = []
    for (const { url, part_number, headers } of credentials.toSorted(byNumber)) {
      const length = Math.min(size, bytes - size * parts.length)
      const part = { open: () => cutter.take(length), length, mediaType: body.mediaType }
      // oxlint-disable-next-line no-await-in-loop -- the body is read in order
      parts.push({ part_number, url, etag: await putPart(http, url, headers, part) })
    }
    await cutter.end()
    await http.call(completeMultipart(folder), { path, upload_id, parts })
  } catch (error) {
    // parts that stay are the storage's to remove; the error says more than a failure to tell it so
    await http.call(abortMultipart(folder), { path, upload_id }).catch(() => {})
    throw error
  } finally {
    await cutter.close()
  }
}

async function putPart(
  http: Http,
  url: string,
  headers: Readonly<Record<string, string>>,
  part: UploadBody,
): Promise<string> {
  try {
    return await http.putPart(url, headers, part)
  } catch (error) {
    throw error instanceof MlflowError ? new PartRefused(error) : error
  }
}

function byNumber(
  one: { readonly part_number: number },
  other: { readonly part_number: number },
): number {
  return one.part_number - other.part_number
}

/** Cuts a body into parts while it is read. */
class Cutter {
  readonly #pieces: AsyncIterator<Uint8Array>
  #left: Uint8Array = new Uint8Array()

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]()
  }

  /** The next so many bytes. */
  async *take(length: number): AsyncGenerator<Uint8Array> {
    for (let missing = length; missing > 0;) {
      if (this.#left.byteLength === 0) {
        // oxlint-disable-next-line no-await-in-loop -- read in order
        const next = await this.#pieces.next()
        if (next.done === true) return
        this.#left = next.value
      }
      const piece = this.#left.subarray(0, missing)
      this.#left = this.#left.subarray(piece.byteLength)
      missing -= piece.byteLength
      yield piece
    }
  }

  /** Reads what follows the last part: nothing, unless the body fails at its end. */
  async end(): Promise<void> {
    await this.#pieces.next()
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
