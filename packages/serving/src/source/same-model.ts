import type { FoundModel } from './model-source.ts'

/** Whether two findings are one version. A registered model that was deleted and made again counts its versions anew. */
export function isSameModel(one: FoundModel, other: FoundModel | undefined): boolean {
  return one.id === other?.id && one.run === other.run && one.modelId === other.modelId
}
