import { isAbsolute, resolve } from 'node:path'

/** A database, as its address says. */
export type SqlAddress =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly shown: string }

/**
 * Reads an address as SQLAlchemy has them: `sqlite:///data/app.db` counts from the project's root, `sqlite:////var/app.db` is
 * absolute; `postgresql://user:password@host:5432/name`, also with a driver (`postgresql+psycopg2://`). Undefined for others.
 */
export function sqlAddress(address: string, root: string): SqlAddress | undefined {
  const sqlite = /^sqlite(?:\+\w+)?:\/\/\/(.+)$/.exec(address)?.[1]
  if (sqlite !== undefined && sqlite !== ':memory:')
    return { kind: 'sqlite', file: isAbsolute(sqlite) ? sqlite : resolve(root, sqlite) }
  const url = address.replace(/^postgres(?:ql)?(?:\+\w+)?:\/\//, 'postgresql://')
  if (!url.startsWith('postgresql://') || !URL.canParse(url)) return undefined
  const { hostname, port, pathname } = new URL(url)
  return {
    kind: 'postgres',
    url,
    shown: `postgresql://${hostname}${port === '' ? '' : `:${port}`}${pathname}`,
  }
}
