import { expect, test } from 'vitest'

import { documentedEntries } from './documented-entry.ts'

const declarations = `
/**
 * Reads the [whole file](https://example.com/file) and {@link close closes} it, whatever its length may be.
 *
 * \`\`\`js
 * readWhole('a')
 * \`\`\`
 * @since v1.0.0
 * @param path Where it lies.
 */
export function readWhole(path: string): void;
/** Too short. */
function short(): void;
`

test('an entry is the sentences of a comment under the name that they are about', () => {
  expect(documentedEntries(declarations)).toEqual([
    {
      name: 'readWhole',
      text: 'Reads the whole file and closes it, whatever its length may be.',
    },
  ])
})
