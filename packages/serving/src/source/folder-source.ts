import { UsageError } from '@pipewright/engine'

import type { FoundModel, ModelSource } from './model-source.ts'
import type { ModelUri } from './model-uri.ts'

/** Models in folders of this machine, without any registry. */
export function folderSource(): ModelSource {
  return {
    async find(uri) {
      if (uri.kind === 'folder') return folderModel(uri)
      throw new UsageError('MODEL_NOT_FOUND', 'There is no registry to look the model up in.', {
        hint: 'Set MLFLOW_TRACKING_URI, or name the folder of a model.',
      })
    },
    moveAlias: async () => {},
    metrics: async () => new Map(),
    close() {},
  }
}

/** A model in a folder. It is taken as it is: whoever changes it starts the server again. */
export function folderModel({ path }: Extract<ModelUri, { readonly kind: 'folder' }>): FoundModel {
  return { id: path, run: undefined, modelId: undefined, fetch: async () => path }
}
