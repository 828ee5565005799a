import { crashPoint } from '@pipewright/engine/internal'

import { MlflowError } from '../failure.ts'
import type { Http } from '../http.ts'
import type { AdapterLog } from '../log.ts'
import type { Persistence } from '../persistence.ts'
import { artifactAddress, artifactFolder, serverInfo } from '../rest/artifacts.ts'
import type { UploadBody } from '../upload-body.ts'
import { PartRefused, uploadInParts } from './multipart.ts'

/** What an {@link ArtifactStore} works with. */
export interface ArtifactStoreOptions {
  readonly http: Http
  readonly persistence: Pick<Persistence, 'call'>
  /** Where the artifacts of the experiment lie. */
  readonly location: () => Promise<string>
  readonly log: AdapterLog
  /** Bodies of so many bytes and more go in parts where the server has it. Default 100 MiB. */
  readonly partsFrom?: number
  /** Smallest part, in bytes. Default 64 MiB. */
  readonly partSize?: number
}

const mebibyte = 1024 * 1024

/** The artifacts of runs, where the server keeps them itself. */
export class ArtifactStore {
  readonly #options: ArtifactStoreOptions
  /** Whether the server has uploads in parts, once it was asked. */
  #hasParts: boolean | undefined

  constructor(options: ArtifactStoreOptions) {
    this.#options = options
  }

  /**
   * Uploads a file of a run; one that is there already is replaced. It waits while the server is away.
   *
   * @returns false when the server does not keep the artifacts of this experiment itself
   * @throws MlflowError that no repetition can mend, RecordingStopped, or whatever reading the body throws
   */
  async put(run: string, path: string, body: UploadBody): Promise<boolean> {
    const location = `${await this.#options.location()}/${run}/artifacts`
    const address = artifactAddress(location, path)
    const folder = artifactFolder(location)
    if (address === undefined || folder === undefined) return false
    const { http, persistence } = this.#options
    await persistence.call(async () => {
      crashPoint('adapter.logging')
      if (await this.#putInParts(`${folder}/${path}`, body)) return
      await http.upload(address, body)
    })
    return true
  }

  async #putInParts(file: string, body: UploadBody): Promise<boolean> {
    const { http, log, partsFrom = 100 * mebibyte, partSize = 64 * mebibyte } = this.#options
    const bytes = body.length ?? 0
    if (bytes < partsFrom || !(await this.#asksForParts())) return false
    try {
      await uploadInParts(http, file, { body, bytes, smallest: partSize })
      return true
    } catch (error) {
      // an MLflow that is away is asked again; a storage that cannot be reached from here is left to MLflow
      const isLasting = error instanceof MlflowError && !error.retryable
      if (!(error instanceof PartRefused) && !isLasting) throw error
      this.#hasParts = false
      log.warn(
        { file, problem: error.message },
        'Uploads in parts fail; the server takes them whole',
      )
      return false
    }
  }

  async #asksForParts(): Promise<boolean> {
    if (this.#hasParts !== undefined) return this.#hasParts
    try {
      const info = await this.#options.http.call(serverInfo, {})
      this.#hasParts = info.multipart_uploads_enabled
    } catch (error) {
      if (!(error instanceof MlflowError) || error.status !== 404) throw error
      this.#hasParts = false
    }
    return this.#hasParts
  }
}
