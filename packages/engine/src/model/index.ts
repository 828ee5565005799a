// a model in this process
export { loadModel } from './load-model.ts'
export type { Model } from './model.ts'

// its package
export { readManifest } from './read-manifest.ts'
export { manifestFile, ModelManifest, type ModelEvaluation, type ModelFile } from './manifest.ts'
export { packFiles, unpackFiles, unpackModel, writeFiles, type PackageFiles } from './package.ts'
