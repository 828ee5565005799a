import { runCommand } from './run-command.ts'

/** pip's settings that matter for an install, and the variable by which uv takes each. */
const TRANSLATION: Readonly<Record<string, string>> = {
  'index-url': 'UV_DEFAULT_INDEX',
  'extra-index-url': 'UV_INDEX',
  'find-links': 'UV_FIND_LINKS',
  'trusted-host': 'UV_INSECURE_HOST',
  cert: 'SSL_CERT_FILE',
  timeout: 'UV_HTTP_TIMEOUT',
  'default-timeout': 'UV_HTTP_TIMEOUT',
}
/** Older names of the same settings: a user who set one of them has decided already. */
const SYNONYMS: Readonly<Record<string, string>> = {
  UV_DEFAULT_INDEX: 'UV_INDEX_URL',
  UV_INDEX: 'UV_EXTRA_INDEX_URL',
}
/** In rising order of precedence, as pip applies them. */
const SECTIONS = ['global', 'install', ':env:']
const COMMA_SEPARATED = new Set(['UV_FIND_LINKS'])

/**
 * pip's configuration as environment variables for uv, which does not read it. Variables that are set
 * already win. The result is for a child's environment only: an index address may hold a password.
 */
export async function uvIndexEnvironment(python: string): Promise<Record<string, string>> {
  const { exitCode, output } = await runCommand(python, ['-m', 'pip', 'config', 'list'])
  return exitCode === 0 ? translatePipConfig(output, process.env) : {}
}

/** Exported for its test: `list` is the output of `pip config list`. */
export function translatePipConfig(list: string, env: NodeJS.ProcessEnv): Record<string, string> {
  const found: Record<string, string> = {}
  for (const section of SECTIONS) {
    for (const line of list.split('\n')) {
      const [, name, setting, quoted] = /^(global|install|:env:)\.([\w-]+)='(.*)'$/.exec(line) ?? []
      const variable = setting === undefined ? undefined : TRANSLATION[setting]
      if (name !== section || variable === undefined || quoted === undefined) continue
      // pip prints several values of one setting as one Python literal with escaped line ends.
      const values = quoted.split(/\\n|\s+/).filter((value) => value !== '')
      found[variable] = values.join(COMMA_SEPARATED.has(variable) ? ',' : ' ')
    }
  }
  return Object.fromEntries(
    Object.entries(found).filter(
      ([variable]) => env[variable] === undefined && env[SYNONYMS[variable] ?? ''] === undefined,
    ),
  )
}
