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
    return `${this.#base}/#/experiments/${experiment}/runs/${run}`
  }

  /** The table of a pipeline's runs, without their nodes, to compare them. */
  pipeline(experiment: string, pipeline: string): string {
    const filter = `tags.\`pipewright.kind\` = 'pipeline' AND tags.\`pipewright.pipeline\` = '${pipeline}'`
    return `${this.#base}/#/experiments/${experiment}?searchFilter=${encodeURIComponent(filter).replaceAll("'", '%27')}`
  }
}
