import { didYouMean } from '../definition/nearest.ts'
import type { AnyNode, Choices } from '../definition/node.ts'
import { NodeError } from '../errors.ts'

/** What a branch has returned, as a list. @throws NodeError `CHOICE_UNKNOWN` */
export function checkChoice(
  { name, choices }: Pick<AnyNode, 'name'> & { readonly choices: Choices },
  returned: unknown,
): readonly string[] {
  const chosen: readonly unknown[] = Array.isArray(returned) ? returned : [returned]
  const known = Object.keys(choices)
  return chosen.map((choice) => {
    if (typeof choice === 'string' && Object.hasOwn(choices, choice)) return choice
    const shown = typeof choice === 'string' ? `"${choice}"` : String(choice)
    throw new NodeError('CHOICE_UNKNOWN', `Branch "${name}" chose ${shown}.`, {
      hint:
        typeof choice === 'string'
          ? didYouMean(choice, known, 'choices')
          : `Return one of its choices, or a list of them: ${known.join(', ')}.`,
      retryable: false,
    })
  })
}
