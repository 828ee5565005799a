import * as z from 'zod'

import type { Endpoint } from './endpoint.ts'

const root = '/api/2.0/mlflow-artifacts/'

/**
 * The folder of a run's artifacts on the server's own artifact store; undefined when the experiment's artifacts lie elsewhere
 * (S3, a file system), where only a client with access to that place can write.
 *
 * @param location The run's `artifact_uri`, such as `mlflow-artifacts:/1/4f0c/artifacts`.
 */
export function artifactFolder(location: string): string | undefined {
  return /^mlflow-artifacts:(?:\/\/[^/]*)?\/(?<folder>.+)$/.exec(location)?.groups?.['folder']
}

/** The address of an artifact on the server's own artifact store, below the server's root; undefined as for its folder. */
export function artifactAddress(location: string, path: string): string | undefined {
  const below = artifactFolder(location)
  return below === undefined ? undefined : `${root}artifacts/${encoded(`${below}/${path}`)}`
}

/** Removes a file; one that is not there as well. */
export function deleteArtifact(file: string): Endpoint<object, unknown> {
  return {
    method: 'DELETE',
    root,
    path: `artifacts/${encoded(file)}`,
    request: z.object({}),
    response: z.unknown(),
  }
}

/** What lies in a folder; a folder that is not there is empty. */
export const listArtifacts: Endpoint<{ path: string }, { files: readonly ArtifactFile[] }> = {
  method: 'GET',
  root,
  path: 'artifacts',
  request: z.object({ path: z.string() }),
  response: z.object({
    files: z
      .array(
        z.object({
          path: z.string(),
          is_dir: z.boolean().default(false),
          file_size: z.coerce.number().default(0),
        }),
      )
      .default([]),
  }),
}

/** An entry of a folder. */
export interface ArtifactFile {
  /** Its name in the folder. */
  readonly path: string
  readonly is_dir: boolean
  readonly file_size: number
}

/** What a server can do beyond the API that all have. Servers before 3.11 or so do not know the question. */
export const serverInfo: Endpoint<object, { multipart_uploads_enabled: boolean }> = {
  method: 'GET',
  root: '/api/3.0/mlflow/',
  path: 'server-info',
  request: z.object({}),
  response: z.object({ multipart_uploads_enabled: z.boolean().default(false) }),
}

/** A part of an upload and the address that was signed for it. */
export interface UploadPart {
  readonly url: string
  readonly part_number: number
  readonly headers: Readonly<Record<string, string>>
}

/** Begins an upload in parts, which go straight to the storage behind the server. */
export function createMultipart(
  folder: string,
): Endpoint<
  { path: string; num_parts: number },
  { upload_id?: string | undefined; credentials: readonly UploadPart[] }
> {
  return {
    method: 'POST',
    root,
    path: `mpu/create/${encoded(folder)}`,
    request: z.object({ path: z.string(), num_parts: z.int().positive() }),
    response: z.object({
      upload_id: z.string().optional(),
      credentials: z.array(
        z.object({
          url: z.string(),
          part_number: z.coerce.number(),
          headers: z.record(z.string(), z.string()).default({}),
        }),
      ),
    }),
  }
}

/** A part that was sent. */
export interface SentPart {
  readonly part_number: number
  readonly etag: string
  readonly url: string
}

/** Ends an upload in parts: the file is there. */
export function completeMultipart(
  folder: string,
): Endpoint<{ path: string; upload_id?: string | undefined; parts: readonly SentPart[] }, unknown> {
  return {
    method: 'POST',
    root,
    path: `mpu/complete/${encoded(folder)}`,
    request: z.object({
      path: z.string(),
      upload_id: z.string().optional(),
      parts: z.array(z.object({ part_number: z.int(), etag: z.string(), url: z.string() })),
    }),
    response: z.unknown(),
  }
}

/** Gives an upload in parts up. */
export function abortMultipart(
  folder: string,
): Endpoint<{ path: string; upload_id?: string | undefined }, unknown> {
  return {
    method: 'POST',
    root,
    path: `mpu/abort/${encoded(folder)}`,
    request: z.object({ path: z.string(), upload_id: z.string().optional() }),
    response: z.unknown(),
  }
}

function encoded(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  return segments.map(encodeURIComponent).join('/')
}
