import { PipelineError } from '../errors.ts'

const longest = 100

/** The version of a node's code. @throws PipelineError `INVALID_VERSION` */
export function versionOf(
  node: string,
  version: string | undefined,
): { readonly version?: string } {
  if (version === undefined) return {}
  if (typeof version === 'string' && version !== '' && version.length <= longest) return { version }
  throw new PipelineError(
    'INVALID_VERSION',
    `Node "${node}" has the version ${JSON.stringify(version)}.`,
    { hint: `Give a text of 1 to ${longest} characters, such as '2', or leave it out.` },
  )
}
