import { findDriver } from '@pipewright/engine/internal'

/** Extension and media type of a format. */
export interface FileForm {
  readonly extension: string
  readonly mediaType: string
}

/** How the values of a format are named among artifacts. */
export function formOf(format: string): FileForm {
  try {
    const { extension, mediaType } = findDriver(format)
    return { extension, mediaType }
  } catch {
    // of a newer worker than this adapter
    return { extension: `.${format}`, mediaType: 'application/octet-stream' }
  }
}
