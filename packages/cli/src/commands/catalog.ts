import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { wholeNumber } from '../options/amount.ts'
import { addOutputOptions } from '../options/output-options.ts'

const environment = [
  '-e, --env <name>',
  'folder of conf that lies over conf/base (default: local)',
] as const

/** `pipewright catalog list|describe|resolve|preview` */
export const catalog: CommandFile = (command: Command, setExitCode) => {
  command.description('Lists, describes, resolves and previews datasets. Redis is not needed.')

  const list = command
    .command('list')
    .description('Lists datasets, where they lie, and the factories of the catalog.')
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
    .description('Prints the catalog as it is after environments, references and factories.')
    .argument('[dataset...]', 'names to resolve, in pipelines or not (default: all)')
    .option(...environment)
  addOutputOptions(resolve, 'one JSON object')
  resolve.action(async (names: string[]) => {
    const { resolveCatalog } = await import('../actions/resolve-catalog.ts')
    setExitCode(await resolveCatalog(names, resolve.opts()))
  })

  const preview = command
    .command('preview')
    .description('Shows the beginning of a dataset, without reading all of it.')
    .argument('<dataset>', 'name of the dataset; of a partitioned one also dataset/partition')
    .option('-n, --rows <number>', 'rows or lines to show', wholeNumber, 10)
    .option('--version <version>', 'version to show of a versioned dataset (default: the newest)')
    .option(...environment)
  addOutputOptions(preview, 'one JSON object')
  preview.action(async (name: string) => {
    const { previewDataset } = await import('../actions/preview-dataset.ts')
    setExitCode(await previewDataset(name, preview.opts()))
  })
}
