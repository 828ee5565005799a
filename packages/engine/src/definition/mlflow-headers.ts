/** Headers of a request to MLflow, such as `{ authorization: 'Bearer …' }`. */
export type MlflowHeaders = Readonly<Record<string, string>>

/** What a provider of headers learns of the project when `pass_context` of `mlflow.yml` is true. */
export interface MlflowHeaderContext {
  /** Absolute path of the project. */
  readonly root: string
  /** Configuration environment, such as `local`. */
  readonly env: string
  readonly globals: Readonly<Record<string, unknown>>
  /** `credentials.yml`: secrets. */
  readonly credentials: Readonly<Record<string, unknown>>
}

/**
 * The default export of a module that `server.request_header_provider.type` of `mlflow.yml` names. It is called once, with
 * `init_kwargs`; what it returns is called before every request to MLflow, so keep a token as long as it holds. While it
 * throws, recording is paused, and no pipeline waits for it.
 *
 * @example
 * const provider: MlflowHeaderProvider = ({ file }) => async () => ({
 *   authorization: `Bearer ${(await readFile(String(file), 'utf8')).trim()}`,
 * })
 * export default provider
 */
export type MlflowHeaderProvider = (
  initKwargs: Readonly<Record<string, unknown>>,
  context?: MlflowHeaderContext,
) =>
  | (() => MlflowHeaders | Promise<MlflowHeaders>)
  | Promise<() => MlflowHeaders | Promise<MlflowHeaders>>
