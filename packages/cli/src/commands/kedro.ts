import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'

/** `pipewright kedro import` */
export const kedro: CommandFile = (command: Command, setExitCode) => {
  command.description('Runs pipelines of Kedro projects, without a change to their code.')
  const importing = command
    .command('import')
    .description(
      'Makes a Pipewright project of a Kedro project: each Kedro node becomes a node run in a warm Python process, with the project’s own catalog. Reads the Kedro project and changes nothing in it.',
    )
    .argument('[project]', 'folder of the Kedro project', '.')
    .option('--into <folder>', 'folder to make it in (default: <project>/pipewright)')
    .option(
      '--python <program>',
      'a Python that has Kedro and what the project needs (default: PIPEWRIGHT_PYTHON, else python3)',
    )
    .option('--kedro-env <name>', 'Kedro’s configuration environment (default: the project’s own)')
    .option(
      '--allow-pickle',
      'let nodes pass by pickle what neither the catalog keeps nor JSON and Parquet can hold',
    )
    .option('-v, --verbose', 'show stacks of errors')
  importing.action(async (project: string) => {
    const { importKedro } = await import('../actions/import-kedro.ts')
    setExitCode(await importKedro(project, importing.opts()))
  })
}
