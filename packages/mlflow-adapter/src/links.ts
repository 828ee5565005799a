/** MLflow's page shows the side of language models unless it was told otherwise. */
const mode = 'workflowType=machine_learning'

/** Addresses of pages of MLflow's web interface. */
export class Links {
  readonly #base: string

  /** @param uri The tracking URI; credentials in it never become part of a link. */
  constructor(uri: string) {
    const url = new URL(uri)
    url.username = ''
    url.password = ''
    this.#base = url.href.replace(/\/+$/, '')
  }

  /** The page of a run. */
  run(experiment: string, run: string): string {
    return `${this.#base}/${runPage(experiment, run)}`
  }

  /** The table of a node's run and of its attempts. */
  node(experiment: string, run: string, node: string): string {
    return `${this.#base}/${nodePage(experiment, run, node)}`
  }

  /** The table of a pipeline's runs, without their nodes, to compare them. */
  pipeline(experiment: string, pipeline: string): string {
    return `${this.#base}/${tablePage(experiment, pipeline)}`
  }
}

/** The page of a run, relative to MLflow's own. */
export function runPage(experiment: string, run: string): string {
  return `#/experiments/${experiment}/runs/${run}`
}

/** The table of a pipeline's runs, relative to MLflow's page. */
export function tablePage(experiment: string, pipeline: string): string {
  return `#/experiments/${experiment}/runs?${mode}&searchFilter=${encoded(pipelineFilter(pipeline))}`
}

/** The table of a node's run and of its attempts, relative to MLflow's page. */
export function nodePage(experiment: string, run: string, node: string): string {
  const filter = `tags.\`pipewright.run\` = '${run}' AND tags.\`pipewright.node\` = '${node}'`
  return `#/experiments/${experiment}/runs?${mode}&searchFilter=${encoded(filter)}`
}

/** The charts of a pipeline's runs, relative to MLflow's page. */
export function chartsPage(experiment: string, pipeline: string): string {
  return `${tablePage(experiment, pipeline)}&compareRunsMode=CHART`
}

/** A view that is saved with the experiment, relative to MLflow's page. */
export function viewPage(experiment: string, view: string): string {
  return `#/experiments/${experiment}/runs?${mode}&viewStateShareKey=${encoded(view)}`
}

/** An artifact of a run, relative to MLflow's page: good for a picture in a description. */
export function artifactPage(run: string, path: string): string {
  return `get-artifact?path=${encoded(path)}&run_uuid=${run}`
}

/** Finds the runs of a pipeline, and of them only the parents. */
export function pipelineFilter(pipeline: string): string {
  return `tags.\`pipewright.kind\` = 'pipeline' AND tags.\`pipewright.pipeline\` = '${pipeline}'`
}

/** Brackets would end an address in Markdown, quotes one in HTML. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("'", '%27')
    .replaceAll('(', '%28')
    .replaceAll(')', '%29')
}
