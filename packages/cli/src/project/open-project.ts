import type { Project } from '@pipewright/engine'
import {
  callProjectHooks,
  catalogFor,
  checkPrefix,
  datasetNames,
  findProject,
  loadConfig,
  loadProject,
  type Catalog,
  type Config,
} from '@pipewright/engine/internal'

import { printNotice } from '../terminal/output.ts'

/** A project as a command needs it: its pipelines and its configuration. */
export interface OpenedProject {
  /** Absolute path of the folder. */
  readonly root: string
  /** Absolute path of `pipewright.config.ts`. */
  readonly file: string
  readonly project: Project
  readonly config: Config
  /** The catalog with what its factories make of the datasets of the pipelines. Without pipelines: the datasets that it names. */
  readonly catalog: Catalog
  /** Prefix of all keys in Redis, with its braces. */
  readonly prefix: string
}

/** The configuration without the pipelines: for commands that only look into Redis. */
export type OpenedConfig = Omit<OpenedProject, 'project'>

/** What changes the configuration from the command line. */
export interface OpenProjectOptions {
  readonly env?: string | undefined
  /** Of the run; else entries that need them are left out. */
  readonly runtimeParams?: Readonly<Record<string, unknown>>
}

/**
 * Finds the project of the working directory and loads it with its configuration.
 *
 * @throws ConfigError `PROJECT_NOT_FOUND`, and whatever its code and files are refused for
 */
export async function openProject(options: OpenProjectOptions = {}): Promise<OpenedProject> {
  const opened = await openConfig(options)
  const project = await loadProject({ root: opened.root, file: opened.file })
  const catalog = catalogFor(opened.config, datasetNames(project.pipelines))
  await callProjectHooks(project, opened.config, catalog, {
    warn: (message, fields) => printNotice(`${message} ${String(fields?.['error'])}`),
  })
  return { ...opened, project, catalog }
}

/** As `openProject`, but no code of the project is loaded. */
export async function openConfig(options: OpenProjectOptions = {}): Promise<OpenedConfig> {
  const place = await findProject(process.cwd())
  const config = await loadConfig({ root: place.root, runtimeParams: 'later', ...options })
  return { ...place, config, catalog: config.catalog, prefix: prefixOf(config) }
}

/** `PIPEWRIGHT_PREFIX`, else `redis.prefix` of `pipewright.yml`; braces may be left out. */
export function prefixOf(config: Config): string {
  const name = process.env['PIPEWRIGHT_PREFIX'] || config.pipewright.redis.prefix
  return checkPrefix(name.startsWith('{') ? name : `{${name}}`)
}
