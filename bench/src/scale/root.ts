import { join } from 'node:path'

/** Folder of the project whose pipelines are measured here. */
export const root: string = join(import.meta.dirname, '../../projects/scaled')
