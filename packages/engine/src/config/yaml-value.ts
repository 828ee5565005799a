import { stringify } from 'yaml'

import { parseYamlTree } from './parse-yaml.ts'
import { plain } from './tree.ts'

/**
 * The value of a YAML text of any kind, within the limits of configuration files.
 *
 * @throws ConfigError `CONFIG_SYNTAX`, `CONFIG_TOO_LARGE`, `CONFIG_DUPLICATE_KEY`, `CONFIG_KEY_REFUSED`
 */
export function parseYamlValue(source: string, file: string): unknown {
  return plain(parseYamlTree(source, file))
}

/** A value as YAML of version 1.2. No line is folded, and nothing is written as an alias of another part. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
}
