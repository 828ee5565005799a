import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'

/** Settings by the names of environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Headers for a request, such as a token that expires. Asked before every request, so keep what lasts. */
export type RequestHeaders = () =>
  | Readonly<Record<string, string>>
  | Promise<Readonly<Record<string, string>>>

/** Files by which a server is known, and by which it knows us. All are PEM. */
export interface TlsSettings {
  /** Certificate authorities that are trusted beside the machine's own. */
  readonly caFile?: string | undefined
  /** Certificate of this client, and its key unless `keyFile` names another file. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  /** False takes any certificate: who stands between reads and changes everything. Default true. */
  readonly verify?: boolean | undefined
}

/** How a server lets this process in. */
export interface AccessSettings {
  /**
   * Where MLFLOW_TRACKING_USERNAME, _PASSWORD and _TOKEN are looked up, and _SERVER_CERT_PATH, _CLIENT_CERT_PATH and
   * _INSECURE_TLS, which go before `tls`. Asked at the first request and again after the server refused access, so that
   * new credentials need no restart. Default: the environment of the process.
   */
  readonly variables?: (() => Variables | Promise<Variables>) | undefined
  readonly tls?: TlsSettings | undefined
  readonly headers?: RequestHeaders | undefined
}

/** What is presented with a request. */
export interface Credentials {
  /** Of MLFLOW_TRACKING_USERNAME and _PASSWORD. */
  readonly basic: { readonly user: string; readonly password: string } | undefined
  /** MLFLOW_TRACKING_TOKEN. */
  readonly token: string | undefined
  readonly tls: TlsMaterial
}

/** Options of a TLS connection. */
export interface TlsMaterial {
  readonly ca?: readonly string[]
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized: boolean
}

/** Credentials and certificates, read when they are needed and read again when they were refused. */
export class Access {
  readonly #settings: AccessSettings
  #read: Promise<Credentials> | undefined
  #tls: TlsMaterial | undefined

  constructor(settings: AccessSettings) {
    this.#settings = settings
  }

  /** @throws what reading a file or looking up variables throws; the next call tries again. */
  credentials(): Promise<Credentials> {
    this.#read ??= this.#readAll().catch((error: unknown) => {
      this.#read = undefined
      throw error
    })
    return this.#read
  }

  /** Headers of the project's own provider. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    return (await this.#settings.headers?.()) ?? {}
  }

  /** The server refused what it was shown: the next request looks for something newer. */
  renew(): void {
    this.#read = undefined
  }

  async #readAll(): Promise<Credentials> {
    const read = await readCredentials(this.#settings)
    // the same object while the files say the same, so that connections are kept
    if (!isDeepStrictEqual(read.tls, this.#tls)) this.#tls = read.tls
    return { ...read, tls: this.#tls ?? read.tls }
  }
}

async function readCredentials({
  variables = () => process.env,
  tls = {},
}: AccessSettings): Promise<Credentials> {
  const found = await variables()
  const lookUp = (name: string): string | undefined =>
    // a token that was written to a file or a secret often ends in a line break, which no header may hold
    found[`MLFLOW_TRACKING_${name}`]?.trim() || undefined
  const user = lookUp('USERNAME')
  return {
    basic: user === undefined ? undefined : { user, password: lookUp('PASSWORD') ?? '' },
    token: lookUp('TOKEN'),
    tls: await readTls({
      caFile: lookUp('SERVER_CERT_PATH') ?? tls.caFile,
      ...(lookUp('CLIENT_CERT_PATH') === undefined
        ? { certFile: tls.certFile, keyFile: tls.keyFile }
        : { certFile: lookUp('CLIENT_CERT_PATH') }),
      verify: /^(true|1)$/i.test(lookUp('INSECURE_TLS') ?? '') ? false : tls.verify,
    }),
  }
}

async function readTls({ caFile, certFile, keyFile, verify }: TlsSettings): Promise<TlsMaterial> {
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8')
  const cert = certFile === undefined ? undefined : await readFile(certFile, 'utf8')
  const key = keyFile === undefined ? cert : await readFile(keyFile, 'utf8')
  return {
    // a list of authorities replaces the machine's own, which other servers need
    ...(ca !== undefined && { ca: [...getCACertificates('default'), ca] }),
    ...(cert !== undefined && { cert }),
    ...(cert !== undefined && key !== undefined && { key }),
    rejectUnauthorized: verify ?? true,
  }
}
