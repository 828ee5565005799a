import { canonicalJson, sha256 } from './canonical-json.ts'
import type { NodeBasis } from './compare.ts'

/** Digits: among all node runs that a ledger ever sees no two of different bases may share one. */
const digits = 32

/**
 * The fingerprint of a node run: 32 hex digits, equal when a node of the same name with the same code, params, contents of inputs
 * and forms of outputs makes its outputs. Undefined where its code or the content of an input is not known.
 */
export function nodeRunFingerprint(
  node: string,
  { code, params, inputs, outputs }: NodeBasis,
): string | undefined {
  if (code === undefined) return undefined
  const contents: [dataset: string, sha256: string][] = []
  for (const [dataset, content] of Object.entries(inputs)) {
    if (content === undefined) return undefined
    contents.push([dataset, content.sha256])
  }
  const forms = Object.entries(outputs).map(([dataset, form]) => [dataset, form ?? ''])
  const basis = {
    node,
    code: code.fingerprint,
    params,
    inputs: Object.fromEntries(contents),
    outputs: Object.fromEntries(forms) as unknown,
  }
  return sha256(canonicalJson(basis)).slice(0, digits)
}
