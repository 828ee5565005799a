import { ConfigError } from '../errors.ts'

/** Loaded once: `import` itself would look for a missing one again each time. */
const loaded = new Map<string, Promise<unknown>>()

/**
 * A package that is installed by those who need it.
 *
 * @param user What needs it, such as `The type parquet`.
 * @param install What to install, where it is more than the package itself.
 * @throws ConfigError `PACKAGE_MISSING`
 */
export async function optionalPackage<Module>(
  name: string,
  user: string,
  load: () => Promise<Module>,
  install: string = name,
): Promise<Module> {
  const known = loaded.get(name)
  // Each name is always loaded by the same function.
  if (known !== undefined) return await (known as Promise<Module>)
  const loading = load().catch((cause: unknown) => {
    throw isMissing(cause) ? missing(name, user, install, cause) : cause
  })
  loaded.set(name, loading)
  return await loading
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

function missing(name: string, user: string, install: string, cause: unknown): ConfigError {
  return new ConfigError('PACKAGE_MISSING', `${user} needs ${name}, which is not installed.`, {
    hint: `Install it beside Pipewright: npm install ${install}`,
    cause,
  })
}
