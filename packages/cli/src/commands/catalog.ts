import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'

const environment = [
  '-e, --env <name>',
  'folder of conf that lies over conf/base (default: local)',
] as const

/** `pipewright catalog list|describe|resolve` */
export const catalog: CommandFile = (command: Command, setExitCode) => {
  command.description('Lists, describes and resolves datasets. Redis is not needed.')

  const list = command
    .command('list')
    .description('Lists datasets, and where they lie.')
    .option(...environment)
  addOutputOptions(list, 'one JSON object a dataset')
  list.action(async () => {
    const { listCatalog } = await import('../actions/describe-catalog.ts')
    setExitCode(await listCatalog(list.opts()))
  })

  const describe = command
    .command('describe')
    .description('Shows one dataset: its place, versions, and the nodes that make and read it.')
    .argument('<dataset>', 'name of the dataset')
    .option(...environment)
  addOutputOptions(describe, 'one JSON object')
  describe.action(async (name: string) => {
    const { describeDataset } = await import('../actions/describe-catalog.ts')
    setExitCode(await describeDataset(name, describe.opts()))
  })

  const resolve = command
    .command('resolve')
    .description('Prints the catalog as it is after environments and interpolation.')
    .option(...environment)
  addOutputOptions(resolve, 'one JSON object')
  resolve.action(async () => {
    const { resolveCatalog } = await import('../actions/describe-catalog.ts')
    setExitCode(await resolveCatalog(resolve.opts()))
  })
}
