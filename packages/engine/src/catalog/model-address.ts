/** A model in MLflow, as an address names it. */
export type ModelAddress =
  | { readonly by: 'version'; readonly name: string; readonly version: string }
  | { readonly by: 'alias'; readonly name: string; readonly alias: string }
  /** The newest version. */
  | { readonly by: 'latest'; readonly name: string }
  | { readonly by: 'model'; readonly id: string }
  | { readonly by: 'run'; readonly run: string; readonly path: string }

type Parts = Readonly<Record<string, string>>

const forms: readonly (readonly [form: RegExp, read: (parts: Parts) => ModelAddress])[] = [
  [
    /^models:\/{1,3}(?<name>[^/@]+)\/(?<version>\d+)$/,
    ({ name = '', version = '' }) => ({ by: 'version', name, version }),
  ],
  [/^models:\/{1,3}(?<name>[^/@]+)\/latest$/i, ({ name = '' }) => ({ by: 'latest', name })],
  [
    /^models:\/{1,3}(?<name>[^/@]+)@(?<alias>[^/@]+)$/,
    ({ name = '', alias = '' }) => ({ by: 'alias', name, alias }),
  ],
  [/^models:\/{1,3}(?<id>m-[^/@]+)$/, ({ id = '' }) => ({ by: 'model', id })],
  [
    /^runs:\/{1,3}(?<run>[^/]+)\/(?<path>.+)$/,
    ({ run = '', path = '' }) => ({ by: 'run', run, path }),
  ],
]

/**
 * Reads `models:/name/3`, `models:/name@champion`, `models:/name/latest`, `models:/m-…` and `runs:/<run>/<path>`;
 * undefined for any other text, such as that of a stage, which MLflow has given up.
 */
export function modelAddress(text: string): ModelAddress | undefined {
  for (const [form, read] of forms) {
    const parts = form.exec(text)?.groups
    if (parts !== undefined) return read(parts)
  }
  return undefined
}
