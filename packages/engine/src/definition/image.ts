import * as z from 'zod'

/** A picture: the value of datasets of the type `image`. */
export interface Image {
  /** MIME type, such as `image/png`. */
  readonly type: string
  /** The encoded picture, as it lies in a file. */
  readonly bytes: Uint8Array
}

/**
 * The schema of datasets of the type `image`.
 *
 * @example
 * export const photo = dataset('photo', Image)
 */
export const Image: z.ZodType<Image> = z.object({
  type: z.string(),
  bytes: z.instanceof(Uint8Array),
})
