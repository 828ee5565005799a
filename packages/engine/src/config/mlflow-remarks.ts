import { at } from './limits.ts'
import type { MlflowConfig } from './mlflow-schema.ts'
import { descend, type MapTree, type Position } from './tree.ts'

/** A setting that is valid and changes nothing, with why. */
export interface ConfigRemark {
  readonly position: Position
  /** With file, line and column. */
  readonly text: string
}

/** Settings of `mlflow.yml` that cannot mean anything here, as they stand. */
export function mlflowRemarks(tree: MapTree, config: MlflowConfig): readonly ConfigRemark[] {
  const { server, tracking, ui } = config
  const remarks: ConfigRemark[] = []
  const remark = (path: readonly string[], applies: boolean, why: string): void => {
    const found = applies ? descend(tree, path) : undefined
    if (found === undefined) return
    const { position } = found
    remarks.push({ position, text: `${at(position)}: ${path.join('.')} changes nothing: ${why}.` })
  }
  const isRemote = server.mlflow_tracking_uri !== null
  const embedded = 'it is for the embedded server, and mlflow_tracking_uri names another one'
  // a whole file of kedro-mlflow, with every default written out, gets no remark
  remark(['ui', 'port'], isRemote && ui.port !== 5000, embedded)
  remark(['ui', 'host'], isRemote && ui.host !== '127.0.0.1', embedded)
  const uris = [server.mlflow_tracking_uri, server.mlflow_registry_uri].filter(isThere)
  remark(
    ['server', 'tls'],
    uris.length > 0 && uris.every((uri) => !uri.startsWith('https:')),
    'it is for servers with https',
  )
  remark(
    ['tracking', 'disable_tracking', 'disable_autologging'],
    !tracking.disable_tracking.disable_autologging,
    'libraries log nothing by themselves here; a node records with metric()',
  )
  remark(
    ['tracking', 'node_runs', 'record'],
    !tracking.run.nested && tracking.node_runs.record !== 'none',
    'tracking.run.nested is false, so no node has a run of its own',
  )
  const { flatten, recursive, sep } = tracking.params.dict_params
  const dict = ['tracking', 'params', 'dict_params']
  remark([...dict, 'sep'], !flatten && sep !== '.', 'flatten is false')
  remark([...dict, 'recursive'], !flatten && !recursive, 'flatten is false')
  return remarks
}

function isThere(uri: string | null): uri is string {
  return uri !== null
}
