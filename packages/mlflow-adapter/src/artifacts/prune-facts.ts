import type { Http } from '../http.ts'
import type { MlflowRun } from '../rest/entities.ts'
import { searchModelVersions, type ModelVersion } from '../rest/registry.ts'
import type { ParentFacts, RecordedArtifact } from './prune-plan.ts'

/** On a run of a pipeline: nothing of it is ever removed. */
const keepTag = 'pipewright.keep'

/** What a prune has to know of the runs of pipelines. */
export async function parentFacts(
  http: Pick<Http, 'call'>,
  artifacts: readonly RecordedArtifact[],
  parents: readonly MlflowRun[],
): Promise<ReadonlyMap<string, ParentFacts>> {
  if (artifacts.length === 0) return new Map()
  const registered = new Map<string, string>()
  for (const version of await modelVersions(http)) {
    const name = `registered as ${version.name} ${version.version}`
    registered.set(version.run_id, name)
    for (const [run] of version.source.matchAll(/[0-9a-f]{32}/g)) registered.set(run, name)
  }
  const protectedBy = new Map<string, string>()
  for (const { mlflowRun, parent } of artifacts) {
    const reason = registered.get(mlflowRun) ?? registered.get(parent)
    if (reason !== undefined) protectedBy.set(parent, reason)
  }
  return new Map(
    parents.map(({ info, data }) => {
      const tag = data.tags.find(({ key }) => key === keepTag)?.value
      const isTagged = tag !== undefined && tag !== 'false' && tag !== ''
      return [
        info.run_id,
        {
          hasEnded: info.status !== 'RUNNING' && info.status !== 'SCHEDULED',
          metrics: new Map(data.metrics.map(({ key, value }) => [key, Number(value)])),
          protectedBy: isTagged ? `tagged ${keepTag}` : protectedBy.get(info.run_id),
        },
      ]
    }),
  )
}

async function modelVersions(http: Pick<Http, 'call'>): Promise<readonly ModelVersion[]> {
  const found: ModelVersion[] = []
  let page: string | undefined
  do {
    const request = {
      filter: '',
      max_results: 1000,
      ...(page === undefined ? {} : { page_token: page }),
    }
    // oxlint-disable-next-line no-await-in-loop -- the token of a page is in the page before
    const answer = await http.call(searchModelVersions, request)
    found.push(...answer.model_versions)
    page = answer.next_page_token
  } while (page !== undefined && page !== '')
  return found
}
