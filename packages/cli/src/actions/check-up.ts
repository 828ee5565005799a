import type { Check } from '../checks/check.ts'
import { checkCredentials } from '../checks/credentials-check.ts'
import { checkNode, checkPython } from '../checks/machine-checks.ts'
import { checkMlflow } from '../checks/mlflow-check.ts'
import {
  checkPipelines,
  checkStore,
  checkUnrecorded,
  projectFailure,
} from '../checks/project-checks.ts'
import { checkRedis } from '../checks/redis-checks.ts'
import { checkSharedStore } from '../checks/shared-store-check.ts'
import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { openConfig, openProject, type OpenedConfig } from '../project/open-project.ts'
import { print, printJson } from '../terminal/output.ts'
import { paint, type Style } from '../terminal/paint.ts'

/** `pipewright doctor`: checks everything, also when something fails, and starts nothing. */
export async function checkUp(options: ProjectOptions & OutputOptions): Promise<ExitCode> {
  const failed: ExitCode[] = []
  const tell = (check: Check): void => {
    if (check.exitCode !== undefined) failed.push(check.exitCode)
    if (options.json === true) printJson({ type: 'check', ...check })
    else print(checkText(check))
  }
  tell(checkNode())
  tell(await checkPython())
  const opened = await checkConfig(options, tell)
  if (opened !== undefined) {
    for (const check of await checkProject(options)) tell(check)
    for (const check of await checkCredentials(opened)) tell(check)
    tell(await checkStore(opened))
    for (const check of await checkRedis(opened, options.redis)) tell(check)
    for (const check of await checkSharedStore(opened, options.redis)) tell(check)
    for (const check of await checkMlflow(opened)) tell(check)
  }
  // What the project says is the reader's own to set right, so it goes first.
  if (failed.includes(exitCodes.configuration)) return exitCodes.configuration
  return failed[0] ?? exitCodes.succeeded
}

async function checkConfig(
  { env }: ProjectOptions,
  tell: (check: Check) => void,
): Promise<OpenedConfig | undefined> {
  try {
    const opened = await openConfig({ env })
    const files = opened.config.files.length
    tell({
      name: 'configuration',
      state: 'ok',
      text: `${files} files, env ${opened.config.env}, in ${opened.root}`,
    })
    return opened
  } catch (error) {
    tell(projectFailure('configuration', error))
    return undefined
  }
}

async function checkProject({ env }: ProjectOptions): Promise<readonly Check[]> {
  try {
    const opened = await openProject({ env })
    return [...(await checkPipelines(opened)), ...checkUnrecorded(opened)]
  } catch (error) {
    return [projectFailure('project', error)]
  }
}

const styles: Readonly<Record<Check['state'], readonly [mark: string, style: Style]>> = {
  ok: ['✔ ok  ', 'green'],
  warn: ['! warn', 'yellow'],
  fail: ['✖ fail', 'red'],
}

function checkText({ name, state, text, advice }: Check): string {
  const [mark, style] = styles[state]
  const line = `${paint(style, mark)}  ${name}: ${text}`
  return advice === undefined ? line : `${line}\n        ${advice}`
}
