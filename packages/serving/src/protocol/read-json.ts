/**
 * Parses JSON as Python writes it: MLflow's own clients send `NaN` and `Infinity` as they are, which JSON has not. A NaN
 * is what pandas has for a missing value, so it becomes null.
 *
 * @throws SyntaxError
 */
export function readJson(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch (error) {
    if (!/NaN|Infinity/.test(source)) throw error
    return JSON.parse(source.replaceAll(stringOrConstant, valid))
  }
}

/** Strings are matched as well, so that what stands inside of them is left alone. */
const stringOrConstant = /"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g

function valid(match: string): string {
  if (match === 'NaN') return 'null'
  if (match === 'Infinity') return '1e999'
  return match === '-Infinity' ? '-1e999' : match
}
