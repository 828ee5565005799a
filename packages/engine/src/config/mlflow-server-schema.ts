import * as z from 'zod'

import { DurationSchema } from './duration-schema.ts'
import { wholeNumber } from './whole-number.ts'

/** `server` of `mlflow.yml`: where MLflow is, and how it lets us in. */
export interface MlflowServerConfig {
  /** `http://…` or `https://…`; the variable `MLFLOW_TRACKING_URI`, where set, wins over it. Null: an embedded server. */
  readonly mlflow_tracking_uri: string | null
  /** The variable `MLFLOW_REGISTRY_URI`, where set, wins over it. Null: the tracking server. */
  readonly mlflow_registry_uri: string | null
  /** Key in `credentials.yml`: a map of `MLFLOW_TRACKING_USERNAME`, `MLFLOW_TRACKING_TOKEN` and the like. */
  readonly credentials: string | null
  /** Headers of every request. */
  readonly request_header_provider: {
    /** `static`, or a module: its path from the project's root, with `#name` for an export that is not the default. */
    readonly type: string | null
    /** True: the module is told of the project and its configuration. */
    readonly pass_context: boolean
    /** Headers with `static`; otherwise what the module is called with. */
    readonly init_kwargs: Readonly<Record<string, unknown>>
  }
  /** PEM files, as paths from the project's root. */
  readonly tls: {
    /** Authorities that are trusted beside the machine's own. */
    readonly ca_file: string | null
    /** Certificate of this client. */
    readonly cert_file: string | null
    /** Its key, unless it is in the same file. */
    readonly key_file: string | null
    /** False takes any certificate of the server. */
    readonly verify: boolean
  }
  /** Longest wait for one answer, in ms. */
  readonly timeout: number
  /** Requests under way at once, at most. */
  readonly in_flight: number
}

const address = z
  .string()
  .refine(isServer, {
    message:
      'this is no address of a server. Write http://host:port, or null for an embedded one; of a database or folder make a server with "mlflow server"',
  })
  .nullable()
  .default(null)

const path = z.string().min(1).nullable().default(null)

const provider = z
  .strictObject({
    type: z
      .string()
      .regex(/^(?:static|[^#]+\.[cm]?[jt]s(?:#\w+)?)$/, {
        message:
          'write "static", or the path of a module such as ./mlflow-headers.ts (docs/reference/mlflow-yml.md): a Python class cannot be loaded here',
      })
      .nullable()
      .default(null),
    pass_context: z.boolean().default(false),
    init_kwargs: z.record(z.string(), z.unknown()).default({}),
  })
  .superRefine(({ type, pass_context, init_kwargs }, context) => {
    const names = Object.keys(init_kwargs)
    const name = pass_context ? 'pass_context' : names.length > 0 ? 'init_kwargs' : undefined
    if (type === null && name !== undefined)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'it needs a type: "static", or a module such as ./mlflow-headers.ts',
      })
    if (type !== 'static') return
    if (pass_context)
      context.addIssue({
        code: 'custom',
        path: ['pass_context'],
        message: 'static headers have no use for it: remove it',
      })
    for (const header of names)
      if (typeof init_kwargs[header] !== 'string')
        context.addIssue({
          code: 'custom',
          path: ['init_kwargs', header],
          message: 'the value of a header is text: put it in quotes',
        })
  })
  .prefault({})

export const MlflowServerSchema: z.ZodType<MlflowServerConfig> = z
  .strictObject({
    mlflow_tracking_uri: address,
    mlflow_registry_uri: address,
    credentials: z.string().nullable().default(null),
    request_header_provider: provider,
    tls: z
      .strictObject({
        ca_file: path,
        cert_file: path,
        key_file: path,
        verify: z.boolean().default(true),
      })
      .refine(({ cert_file, key_file }) => cert_file !== null || key_file === null, {
        path: ['key_file'],
        message: 'it needs cert_file: the certificate that the key belongs to',
      })
      .prefault({}),
    timeout: DurationSchema.pipe(z.number().min(1000)).prefault('60s'),
    in_flight: wholeNumber(1).pipe(z.int().max(64)).default(4),
  })
  .prefault({})

function isServer(uri: string): boolean {
  const protocol = URL.canParse(uri) ? new URL(uri).protocol : ''
  return protocol === 'http:' || protocol === 'https:'
}
