import type { StreamSource } from './driver.ts'

/** What an `EncodedInput` is made of. */
export interface EncodedInputOptions {
  /** Name of the driver that wrote it. */
  readonly format: string
  /** Opens its bytes. Reading them to their end checks that they are what was written. */
  readonly open: () => Promise<StreamSource>
  /** Loads the value as any other node would receive it. */
  readonly load: () => Promise<unknown>
}

/** An input that was not loaded, for a node that may want it as the bytes that lie in the store (`encodedInputs`). */
export class EncodedInput {
  readonly format: string
  readonly open: () => Promise<StreamSource>
  readonly load: () => Promise<unknown>

  constructor({ format, open, load }: EncodedInputOptions) {
    this.format = format
    this.open = open
    this.load = load
  }
}
